/**
 * Releases published as an archive: root unpacks them into the store and trusts only the manifest; anything
 * else leaves nothing.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import {
	type ArchiveEntry,
	ArchiveRules,
	type Packing,
	type ReleaseArchive,
} from '../../src/model/publication/archive.ts';
import type { ManifestEntry, ReleasePath, Sha256 } from '../../src/model/release/manifest.ts';
import type { ReleaseManifest } from '../../src/model/release/release-manifest.ts';
import type { Contents, PendingFile } from '../../src/sources/contents.ts';
import { fileContents } from '../../src/sources/file-contents.ts';
import { archiveReader, type ReadArchive } from '../../src/sources/release-archive.ts';
import { ContentStore, type StoredFile } from '../../src/system/files/content-store.ts';
import { readTar } from '../../src/unprivileged/fetcher/tar.ts';
import { directory, file, link, tar } from '../box/releases/tar-writer.ts';
import { accountForTest } from '../box/sources/fetcher.ts';
import { scratch } from '../scratch.ts';

const digestOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex') as Sha256;

/** What the manifest lists: two files with the same bytes, an executable, an empty file, a link. */
const TREE: readonly (readonly [string, string, (0o644 | 0o755)?])[] = [
	['bin/tool', '#!/bin/sh\n', 0o755],
	['deep/er/copy', 'the same'],
	['deep/er/same', 'the same'],
	['empty', ''],
	['info.json', '{"version":"1.1.0"}'],
];
const files: readonly ManifestEntry[] = [
	...TREE.map(([path, text, mode = 0o644 as const]) => ({
		kind: 'file' as const,
		path: path as ReleasePath,
		mode,
		size: Buffer.byteLength(text),
		sha256: digestOf(text),
	})),
	{ kind: 'link', path: 'link' as ReleasePath, target: 'bin/tool' },
];

/** The entries of a correct archive, by path; `change` replaces or removes some. */
function parts(change: Readonly<Record<string, Buffer | undefined>> = {}): readonly Buffer[] {
	const right = {
		...Object.fromEntries(
			TREE.map(([path, text, mode]) => [path, file(path, text, { mode: mode ?? 0o644 })]),
		),
		link: link('link', 'bin/tool'),
	};
	return Object.values({ ...right, ...change }).flatMap((part) => part ?? []);
}

const RIGHT = tar(...parts());

let dir: string;
beforeEach(() => {
	dir = scratch();
	mkdirSync(join(dir, 'state'), { mode: 0o700 });
});

interface Opened {
	readonly contents: Contents;
	readonly release: ReleaseManifest;
	readonly archive: ReleaseArchive;
	/** The digests of the transferred files. */
	readonly transferred: Sha256[];
	readonly asked: (readonly PendingFile[])[];
}

const byChild = (): ReadArchive => archiveReader(join(dir, 'state'), accountForTest);

/** The parser in this process, for tables about its errors. */
const inProcess: ReadArchive = async ({ fd, limits }, onEntry) => {
	const found: { readonly entry: ArchiveEntry; readonly pieces: Buffer[] }[] = [];
	const whole = (async function* () {
		yield readFileSync(fd);
	})();
	const end = await Promise.allSettled([
		readTar(whole, new ArchiveRules(limits), {
			entry: async (entry) => void found.push({ entry, pieces: [] }),
			bytes: async (piece) => void found.at(-1)?.pieces.push(piece),
		}),
	]);
	for (const { entry, pieces } of found) {
		const told = (async function* () {
			yield* pieces;
		})();
		await onEntry(entry, told);
	}
	if (end[0].status === 'rejected') throw end[0].reason;
};

/** Opens the store of this test, with a source that has this archive and the named single files. */
function open(
	bytes: Buffer,
	packing: Packing = 'tar',
	more: readonly string[] = [],
	readArchive = byChild(),
): Opened {
	const archive = { packing, size: bytes.length, sha256: digestOf(bytes) };
	const transferred: Sha256[] = [];
	const asked: (readonly PendingFile[])[] = [];
	const served = new Map<Sha256, Uint8Array>(
		[bytes, ...more.map((text) => Buffer.from(text))].map((one) => [digestOf(one), one]),
	);
	const contents = fileContents({
		store: new ContentStore(join(dir, 'state/files')),
		transfer: async ({ sha256 }: StoredFile, into) => {
			transferred.push(sha256);
			writeFileSync(into, served.get(sha256) ?? '');
		},
		readArchive,
		now: () => Date.now(),
		beforeTransfer: async (all) => void asked.push(all),
	});
	// No other field of a manifest matters here.
	return {
		contents,
		release: { tag: 'v1.1.0', archive, files } as unknown as ReleaseManifest,
		archive,
		transferred,
		asked,
	};
}

const silent = () => undefined;

/** The files in the store, by digest, including `incoming`. */
function stored(): readonly string[] {
	const top = join(dir, 'state/files');
	return readdirSync(top, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
		.sort();
}

const everyFile = [
	...new Set(
		files.flatMap((entry) => (entry.kind === 'file' ? [`${entry.sha256.slice(0, 2)}/${entry.sha256}`] : [])),
	),
].sort();

async function textsOf({ contents, release }: Opened): Promise<Readonly<Record<string, string>>> {
	const texts: Record<string, string> = {};
	await contents.read(release, async ({ path }, chunks) => {
		const pieces: Buffer[] = [];
		for await (const chunk of chunks) pieces.push(chunk);
		texts[path] = Buffer.concat(pieces).toString();
	});
	return texts;
}

const TEXTS = { ...Object.fromEntries(TREE.map(([path, text]) => [path, text])), link: 'bin/tool' };
const by = (program: string, bytes: Buffer) => execFileSync(program, ['--stdout'], { input: bytes });

/** The same contents as packed by other tools. */
function treeOnDisk(): string {
	const tree = join(dir, 'tree');
	for (const [path, text, mode = 0o644] of TREE) {
		mkdirSync(dirname(join(tree, path)), { recursive: true });
		writeFileSync(join(tree, path), text);
		chmodSync(join(tree, path), mode);
	}
	symlinkSync('bin/tool', join(tree, 'link'));
	return tree;
}

function gitArchive(): Buffer {
	const tree = treeOnDisk();
	const git = (...args: readonly string[]) =>
		execFileSync('git', ['-C', tree, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args]);
	git('init', '--quiet');
	git('add', '.');
	git('commit', '--quiet', '--message', 'x');
	return git('archive', '--format=tar.gz', 'HEAD');
}

test.each<[string, Packing, () => Buffer]>([
	['a plain tar', 'tar', () => RIGHT],
	['gzip', 'tar.gz', () => gzipSync(RIGHT)],
	['zstd', 'tar.zst', () => zstdCompressSync(RIGHT)],
	['bzip2', 'tar.bz2', () => by('bzip2', RIGHT)],
	['xz', 'tar.xz', () => by('xz', RIGHT)],
	['git archive', 'tar.gz', gitArchive],
	[
		'GNU tar, with an empty directory',
		'tar.zst',
		() => {
			const tree = treeOnDisk();
			mkdirSync(join(tree, 'logs'));
			return execFileSync('tar', ['--create', '--zstd', '-C', tree, '.']);
		},
	],
	[
		'another order, with directories after their files',
		'tar',
		() => tar(...[...parts()].reverse(), directory('deep'), directory('deep/er')),
	],
])('%s: stores every file and removes the archive', async (_what, packing, made) => {
	const opened = open(made(), packing);
	const progress: number[] = [];
	await opened.contents.download(opened.release, ({ percent }) => progress.push(percent));
	expect(await textsOf(opened)).toEqual(TEXTS);
	expect(stored()).toEqual(everyFile);
	expect(opened.transferred).toEqual([opened.archive.sha256]);
	expect(progress.at(-1)).toBe(100);
	expect(progress).toEqual([...progress].sort((a, b) => a - b));
	expect(readdirSync(join(dir, 'state'))).toEqual(['files']);
});

describe('refuses, and leaves nothing of,', () => {
	const zeros = Buffer.alloc(4 * 1024 * 1024);

	test.each<[string, string, Buffer, string, Packing?]>([
		[
			'other bytes of the same length',
			'content-mismatch',
			tar(...parts({ 'bin/tool': file('bin/tool', '#!/bin/SH\n', { mode: 0o755 }) })),
			'other bytes',
		],
		['an additional file', 'content-mismatch', tar(...parts(), file('zzz', '')), '"zzz"'],
		['an additional first file', 'content-mismatch', tar(file('.hidden', ''), ...parts()), '".hidden"'],
		['a missing file', 'content-mismatch', tar(...parts({ empty: undefined })), '"empty"'],
		['an empty archive', 'content-mismatch', tar(), '"bin/tool"'],
		['a longer file', 'content-mismatch', tar(...parts({ empty: file('empty', 'x') })), '1 bytes was found'],
		[
			'two files with swapped sizes',
			'content-mismatch',
			tar(...parts({ empty: file('empty', 'the same'), 'deep/er/same': file('deep/er/same', '') })),
			'8 bytes',
		],
		[
			'two swapped files',
			'content-mismatch',
			tar(...parts({ 'bin/tool': file('bin/tool', '{"version"', { mode: 0o755 }) })),
			'other bytes',
		],
		[
			'another mode',
			'content-mismatch',
			tar(...parts({ 'bin/tool': file('bin/tool', '#!/bin/sh\n') })),
			'mode 644',
		],
		[
			'an additional mode bit',
			'content-mismatch',
			tar(...parts({ empty: file('empty', '', { mode: 0o755 }) })),
			'mode 755',
		],
		[
			'a link to another target',
			'content-mismatch',
			tar(...parts({ link: link('link', 'empty') })),
			'to "empty"',
		],
		[
			'a link that leads out',
			'archive-refused',
			tar(...parts({ link: link('link', '../bin/tool') })),
			'leads out',
		],
		[
			'a file in place of a link',
			'content-mismatch',
			tar(...parts({ link: file('link', '') })),
			'the file "link"',
		],
		[
			'a link in place of a file',
			'content-mismatch',
			tar(...parts({ empty: link('empty', 'bin/tool') })),
			'the link "empty"',
		],
		[
			'a directory in place of a file',
			'content-mismatch',
			tar(...parts({ empty: directory('empty') })),
			'"empty"',
		],
		['a duplicate file', 'archive-refused', tar(...parts(), file('empty', '')), 'twice'],
		['a path that leads out', 'archive-refused', tar(...parts(), file('../x', '')), 'not allowed'],
		['a second archive at the end', 'archive-refused', Buffer.concat([RIGHT, RIGHT]), 'follows'],
		['a truncated archive', 'archive-refused', RIGHT.subarray(0, 1024), 'truncated'],
		[
			'a decompression bomb in a file',
			'archive-refused',
			gzipSync(tar(...parts(), file('zzz', zeros))),
			'too many bytes',
			'tar.gz',
		],
		[
			'a decompression bomb after the files',
			'archive-refused',
			zstdCompressSync(Buffer.concat([RIGHT, zeros, zeros])),
			'too many bytes',
			'tar.zst',
		],
		[
			'a bomb of directories',
			'archive-refused',
			tar(...parts(), ...Array.from({ length: 1010 }, (_, at) => directory(`d${at}`))),
			'too many entries',
		],
		['gzip declared as zstd', 'archive-refused', gzipSync(RIGHT), 'cannot be decompressed', 'tar.zst'],
		['zstd declared as uncompressed', 'archive-refused', zstdCompressSync(RIGHT), 'truncated', 'tar'],
		[
			'an uncompressed archive declared as gzip',
			'archive-refused',
			RIGHT,
			'cannot be decompressed',
			'tar.gz',
		],
	])('%s', async (_what, code, bytes, why, packing) => {
		const { contents, release } = open(
			bytes,
			packing,
			[],
			code === 'content-mismatch' ? inProcess : byChild(),
		);
		await expect(contents.download(release, silent)).rejects.toMatchObject({
			record: { code, message: expect.stringContaining(why), retry: 'never' },
		});
		expect(stored()).toEqual([]);
		expect(readdirSync(join(dir, 'state'))).toEqual(['files']);
	});

	test('an archive with the wrong digest, without opening it', async () => {
		const { contents, release, archive } = open(RIGHT);
		const lied = { ...release, archive: { ...archive, sha256: digestOf('another') } };
		await expect(contents.download(lied, silent)).rejects.toMatchObject({
			record: { code: 'content-mismatch', message: expect.stringContaining('digest or length') },
		});
		expect(stored()).toEqual([]);
	});
});

describe('a file that is already here', () => {
	test('is not downloaded again', async () => {
		const first = open(RIGHT);
		await first.contents.download(first.release, silent);
		const again = open(RIGHT);
		expect(await again.contents.pending(again.release)).toEqual([]);
		await again.contents.download(again.release, silent);
		expect({ transferred: again.transferred, asked: again.asked }).toEqual({ transferred: [], asked: [] });
	});

	test('is not written again; missing ones are', async () => {
		const first = open(RIGHT, 'tar', ['{"version":"1.1.0"}']);
		expect(Buffer.from(await first.contents.small(first.release, 'info.json', 1000)).toString()).toBe(
			'{"version":"1.1.0"}',
		);
		expect(first.transferred).toEqual([digestOf('{"version":"1.1.0"}')]);
		const { contents, release, archive, asked } = open(RIGHT);
		await contents.download(release, silent);
		expect(stored()).toEqual(everyFile);
		expect(asked[0]?.map(({ size }) => size)).toEqual([archive.size, 10, 8, 0]);
	});
});

describe('interrupted', () => {
	const incoming = (name: string) => join(dir, 'state/files/incoming', name);

	/** What a crash while unpacking leaves: the archive, complete files and a partial one. */
	function leaveHalf(archive: ReleaseArchive): void {
		writeFileSync(incoming(archive.sha256), RIGHT);
		writeFileSync(incoming(digestOf('the same')), 'the same');
		writeFileSync(incoming(digestOf('#!/bin/sh\n')), '#!/b');
	}

	test('while unpacking: does not download the archive again, and needs space only for the rest', async () => {
		const opened = open(RIGHT);
		leaveHalf(opened.archive);
		expect((await opened.contents.pending(opened.release)).map(({ size }) => size)).toEqual([0, 6, 0, 0, 19]);
		await opened.contents.download(opened.release, silent);
		expect(opened.transferred).toEqual([]);
		expect(await textsOf(opened)).toEqual(TEXTS);
		expect(stored()).toEqual(everyFile);
	});

	test('between the last file and the end of the archive: removes it the next time', async () => {
		const first = open(RIGHT);
		await first.contents.download(first.release, silent);
		leaveHalf(first.archive);
		await open(RIGHT).contents.download(first.release, silent);
		expect(existsSync(incoming(first.archive.sha256))).toBe(false);
	});

	test('and no longer wanted: prunes all partial downloads a week later', async () => {
		const { contents, archive } = open(RIGHT);
		leaveHalf(archive);
		writeFileSync(incoming(`${archive.sha256}.part`), 'half');
		execFileSync('touch', ['--date=8 days ago', ...readdirSync(incoming('')).map(incoming)]);
		await contents.prune(() => false, []);
		expect(stored()).toEqual([]);
	});

	test('while downloading: does not use the partial archive as a file when another archive follows', async () => {
		const { contents, release, archive } = open(RIGHT, 'tar', ['{"version":"1.1.0"}']);
		writeFileSync(incoming(`${archive.sha256}.part`), 'half');
		await contents.small(release, 'info.json', 1000);
		expect(readFileSync(incoming(`${archive.sha256}.part`), 'utf8')).toBe('half');
	});

	test('by a full disk: removes the files and keeps the archive for the next attempt', async () => {
		const opened = open(RIGHT);
		const store = new ContentStore(join(dir, 'state/files'));
		store.pour = () =>
			Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
		const contents = fileContents({
			store,
			transfer: async (_file, into) => writeFileSync(into, RIGHT),
			readArchive: archiveReader(join(dir, 'state'), accountForTest),
			now: () => Date.now(),
			beforeTransfer: async () => undefined,
		});
		await expect(contents.download(opened.release, silent)).rejects.toThrow('no space left');
		expect(stored()).toEqual([`incoming/${opened.archive.sha256}`]);
	});
});
