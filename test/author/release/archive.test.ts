/**
 * Archives of releases: they are reproducible, Debian's tools unpack them, and `verify` reads them as a box
 * does.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	cpSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OWN_PACKINGS, type OwnPacking, packRelease } from '../../../src/author/release/pack.ts';
import { tarHead } from '../../../src/author/release/tar-bytes.ts';
import type { AuthorTree } from '../../../src/author/release/tree.ts';
import { documentsAt } from '../../../src/author/verify/documents.ts';
import { lookAtRelease } from '../../../src/author/verify/findings.ts';
import { faultOfArchive } from '../../../src/author/verify/look-at-archive.ts';
import type { Packing } from '../../../src/model/publication/archive.ts';
import { contentPath } from '../../../src/model/publication/repository.ts';
import type { ReleasePath, Sha256 } from '../../../src/model/release/manifest.ts';
import { parseReleaseManifest, type ReleaseManifest } from '../../../src/model/release/release-manifest.ts';
import { file, tar } from '../../box/releases/tar-writer.ts';
import { scratch } from '../../scratch.ts';
import { lastingAuthor } from '../author.ts';
import { serve } from '../client.ts';

const who = lastingAuthor();
const tree = join(who.directory, 'lamp');
const LONG = `deep/${'long/'.repeat(30)}name`;

beforeAll(() => {
	who.tag('1.0.0', (at) => {
		mkdirSync(join(at, dirname(LONG)), { recursive: true });
		writeFileSync(join(at, LONG), 'far down');
		writeFileSync(join(at, 'ümläut \u{1F4A1}.txt'), 'x'.repeat(5000));
		writeFileSync(join(at, 'empty'), '');
		symlinkSync('../bin/lamp', join(at, 'scripts/lamp'));
		symlinkSync(`deep/${'long/'.repeat(30)}name`, join(at, 'far'));
		symlinkSync('ümläut \u{1F4A1}.txt', join(at, 'zümläut'));
	});
});
afterAll(() => who.remove());

async function build(draft: string, packing: string, ...words: readonly string[]): Promise<ReleaseManifest> {
	const from = words.length === 0 ? ['v1.0.0', '--git', 'lamp'] : words;
	await who.done([
		'build',
		...from,
		'--product',
		'lamp',
		'--archive',
		packing,
		'--draft',
		draft,
		'--repository',
		`of-${draft}`,
	]);
	return parseReleaseManifest(
		readFileSync(join(who.directory, draft, 'releases/v1.0.0/signalbox-manifest.json')),
	);
}

const archiveIn = (draft: string, { archive }: ReleaseManifest) =>
	join(who.directory, draft, contentPath(archive?.sha256 ?? ('' as Sha256)));
const digestOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex') as Sha256;

test.each(OWN_PACKINGS)(
	'builds the same %s from git, from git again and from a directory, and keeps nothing else',
	async (packing) => {
		const one = await build(`one-${packing}`, packing);
		cpSync(tree, join(who.directory, `copy-${packing}`), { recursive: true, verbatimSymlinks: true });
		expect(await build(`two-${packing}`, packing)).toEqual(one);
		expect(await build(`three-${packing}`, packing, '--from', `copy-${packing}`)).toEqual(one);
		expect(one.archive).toMatchObject({ packing, size: lstatSync(archiveIn(`one-${packing}`, one)).size });
		const from = documentsAt(join(who.directory, `one-${packing}`));
		expect(
			await faultOfArchive(from, one, one.archive ?? expect.unreachable()),
			'a box takes it',
		).toBeUndefined();
		const kept = readdirSync(join(who.directory, `one-${packing}`, 'files'), {
			recursive: true,
			encoding: 'utf8',
		});
		const info = one.files.find(({ path }) => path === 'info.json');
		const expected = [one.archive?.sha256, info?.kind === 'file' ? info.sha256 : ''].map(
			(sha256) => `${sha256?.slice(0, 2)}/${sha256}`,
		);
		expect(kept.filter((name) => name.includes('/')).sort()).toEqual(expected.sort());
		const plain = { tar: (bytes: Buffer) => bytes, 'tar.gz': gunzipSync, 'tar.zst': zstdDecompressSync }[
			packing
		];
		const bytes = readFileSync(archiveIn(`one-${packing}`, one));
		expect(digestOf(plain(bytes))).toBe((await build(`tar-${packing}`, 'tar')).archive?.sha256);
		// No name, no time, and always the same operating system.
		if (packing === 'tar.gz') expect(bytes.subarray(0, 10).toString('hex')).toBe('1f8b0800000000000203');
	},
);

test.each<[OwnPacking, readonly string[]]>([
	['tar', []],
	['tar.gz', ['gzip', '--test']],
	['tar.zst', ['zstd', '--test', '--quiet']],
])('builds a %s that GNU tar unpacks', async (packing, tested) => {
	const release = await build(`gnu-${packing}`, packing);
	const archive = join(scratch(), `archive.${packing}`);
	cpSync(archiveIn(`gnu-${packing}`, release), archive);
	const [program, ...args] = tested;
	if (program !== undefined) execFileSync(program, [...args, archive]);
	const into = scratch();
	execFileSync('tar', ['--extract', '--auto-compress', '--file', archive, '--same-permissions', '-C', into], {
		env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
	});
	for (const entry of release.files) {
		const path = join(into, entry.path);
		if (entry.kind === 'link') expect(readlinkSync(path)).toBe(entry.target);
		else
			expect([lstatSync(path).mode & 0o7777, lstatSync(path).mtimeMs, digestOf(readFileSync(path))]).toEqual([
				entry.mode,
				0,
				entry.sha256,
			]);
	}
	const listed = execFileSync(
		'tar',
		['--list', '--file', archive, '--auto-compress', '--quoting-style=literal'],
		{ encoding: 'utf8' },
	);
	expect(listed.trim().split('\n')).toEqual(release.files.map(({ path }) => path));
});

test('writes headers as POSIX specifies', () => {
	const head = tarHead({ kind: 'file', path: 'bin/tool' as ReleasePath, mode: 0o755, size: 8 ** 11 - 1 });
	expect(head).toHaveLength(512);
	expect(digestOf(head)).toBe(
		digestOf(tarHead({ kind: 'file', path: 'bin/tool' as ReleasePath, mode: 0o755, size: 8 ** 11 - 1 })),
	);
	expect(head.toString('latin1', 124, 136)).toBe('77777777777\0');
	// A name that exactly fits needs no extension; one more byte does.
	expect(
		tarHead({ kind: 'link', path: 'a'.repeat(100) as ReleasePath, target: 'b'.repeat(100) }),
	).toHaveLength(512);
	expect(tarHead({ kind: 'link', path: 'a'.repeat(101) as ReleasePath, target: 'b' })).toHaveLength(3 * 512);
});

describe('rejects', () => {
	test.each<[string, (at: string) => void, RegExp]>([
		[
			'two names that boxes treat as equal',
			(at) => {
				writeFileSync(join(at, 'fish'), '');
				writeFileSync(join(at, '\ufb01sh'), '');
			},
			/differs from another one only in case/,
		],
	])('%s', async (_what, change, message) => {
		const copy = join(who.directory, `odd-${Math.random()}`);
		cpSync(tree, copy, { recursive: true, verbatimSymlinks: true });
		change(copy);
		const ran = await who.release([
			'build',
			'--from',
			copy,
			'--product',
			'lamp',
			'--archive',
			'tar',
			'--draft',
			'odd.draft',
			'--json',
		]);
		expect(ran.json()).toMatchObject({
			error: { code: 'release-refused', message: expect.stringMatching(message) },
		});
		expect(readdirSync(join(who.directory, 'odd.draft/files'))).toEqual([]);
	});

	test('an archive format that boxes do not know or authors cannot create', async () => {
		for (const packing of ['zip', 'tar.xz', '']) {
			const ran = await who.release([
				'build',
				'v1.0.0',
				'--git',
				'lamp',
				'--product',
				'lamp',
				'--archive',
				packing,
			]);
			expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('tar, tar.gz, tar.zst') });
		}
	});

	test.each([
		['grows', 6],
		['shrinks', 4],
	])('a file that %s while it is read', async (_what, bytes) => {
		const beside = scratch();
		const changing: AuthorTree = {
			name: 'here',
			lost: [],
			files: [{ path: 'a', kind: 'file', mode: 0o644, size: 5, why: '' }],
			read: async (files, onFile) => {
				for (const one of files) await onFile(one, pieces(Buffer.alloc(bytes)));
			},
		};
		const store = { beside, keep: () => expect.unreachable() };
		await expect(packRelease(changing, 'tar.gz', store, () => undefined)).rejects.toMatchObject({
			record: { code: 'release-refused', message: expect.stringContaining('changed while it was read') },
		});
		expect(readdirSync(beside)).toEqual([]);
	});
});

async function* pieces(...all: readonly Buffer[]): AsyncIterable<Buffer> {
	yield* all;
}

describe('verify', () => {
	/** Publishes an archive with any content for a manifest that lists one file. */
	async function faultsOf(
		bytes: Buffer,
		packing: Packing,
		spoil: (path: string) => void = () => undefined,
	): Promise<readonly string[]> {
		const dir = scratch();
		const info = '{"version":"1.0.0"}';
		const listed = {
			kind: 'file',
			path: 'info.json',
			mode: 0o644,
			size: info.length,
			sha256: digestOf(info),
		} as const;
		for (const one of [bytes, Buffer.from(info)]) {
			mkdirSync(dirname(join(dir, contentPath(digestOf(one)))), { recursive: true });
			writeFileSync(join(dir, contentPath(digestOf(one))), one);
		}
		spoil(join(dir, contentPath(digestOf(bytes))));
		const archive = { packing, size: bytes.length, sha256: digestOf(bytes) };
		// The verification of an archive reads only these fields.
		const manifest = { tag: 'v1.0.0', archive, files: [listed] } as unknown as ReleaseManifest;
		mkdirSync(join(dir, 'releases/v1.0.0'), { recursive: true });
		writeFileSync(join(dir, 'releases/v1.0.0/signalbox-manifest.json'), '');
		const look = { files: 'read', onProgress: () => undefined } as const;
		const of = async () => ({ bytes: Buffer.alloc(0), manifest });
		const [here, served] = await Promise.all(
			[dir, await serve(dir)].map(
				async (from) => (await lookAtRelease(documentsAt(from), manifest.tag, look, of)).faults,
			),
		);
		expect(served).toEqual(here);
		return here ?? [];
	}

	const right = tar(file('info.json', '{"version":"1.0.0"}'));

	test.each<[string, Buffer, Packing, RegExp | undefined]>([
		['accepts the signed content', gzipSync(right), 'tar.gz', undefined],
		[
			'reports a file with other bytes',
			tar(file('info.json', '{"version":"9.9.9"}')),
			'tar',
			/"info\.json".* was expected, other bytes was found/,
		],
		[
			'reports an additional file',
			tar(file('info.json', '{"version":"1.0.0"}'), file('more', '')),
			'tar',
			/"more"/,
		],
		['reports another compression', gzipSync(right), 'tar.zst', /cannot be decompressed/],
	])('%s', async (_what, bytes, packing, fault) => {
		expect(await faultsOf(bytes, packing)).toEqual(fault === undefined ? [] : [expect.stringMatching(fault)]);
	});

	test.each<[string, (path: string) => void, RegExp]>([
		['reports a missing archive', (path) => rmSync(path), /^its archive: files\/.* is missing$/],
		[
			'reports an archive with other bytes',
			(path) => writeFileSync(path, Buffer.alloc(right.length)),
			/^its archive: files\/.* holds other bytes$/,
		],
		[
			'reports a longer archive',
			(path) => writeFileSync(path, Buffer.alloc(1_000_000)),
			/^its archive: files\/.* holds other bytes$/,
		],
	])('%s', async (_what, spoil, fault) => {
		expect(await faultsOf(right, 'tar', spoil)).toEqual([expect.stringMatching(fault)]);
	});
});
