/**
 * Archives as their authors make them, and every one that somebody made to get out: refused, with nothing but
 * a word.
 */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	closeSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { ArchiveLimits, Packing } from '../../../src/model/publication/archive.ts';
import { type OnArchiveEntry, readArchive } from '../../../src/system/fetcher/archive-process.ts';
import { directory, END, file, header, link, long, pax, record, tar } from '../../box/releases/tar-writer.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import { builtProgram } from '../../programs.ts';
import { scratch } from '../../scratch.ts';

const UNPACK = builtProgram('unpacker');
const LIMITS: ArchiveLimits = { entries: 100, bytes: 1_000_000 };
const state = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-archive-')));
afterAll(() => {
	const left = readdirSync(state);
	rmSync(state, { recursive: true });
	expect(left).toEqual([]);
});

interface Given {
	readonly packing?: Packing;
	readonly limits?: ArchiveLimits;
	readonly program?: string;
	readonly on?: OnArchiveEntry;
}

/** Returns what was handed on, an entry a line. */
async function read(
	archive: Buffer,
	{ packing = 'tar', limits = LIMITS, program = UNPACK, on }: Given = {},
): Promise<readonly string[]> {
	const lines: string[] = [];
	const path = join(scratch(), 'archive');
	writeFileSync(path, archive);
	const fd = openSync(path, 'r');
	const note: OnArchiveEntry = async (entry, chunks) => {
		const pieces: Buffer[] = [];
		for await (const chunk of chunks) pieces.push(chunk);
		const rest =
			entry.kind === 'file'
				? ` ${entry.mode.toString(8)} ${Buffer.concat(pieces)}`
				: entry.kind === 'link'
					? ` ${entry.target}`
					: '';
		lines.push(`${entry.kind} ${entry.path}${rest}`);
	};
	try {
		await readArchive(
			{ program, state, account: accountForTest(), fd, packing, limits, timeout: 60_000 },
			on ?? note,
		);
		return lines;
	} finally {
		closeSync(fd);
	}
}

describe('an archive that a program made', () => {
	function released(): string {
		const dir = scratch();
		mkdirSync(join(dir, 'deep/er'), { recursive: true });
		writeFileSync(join(dir, 'a'), 'one');
		writeFileSync(join(dir, 'deep/er/run.sh'), 'two', { mode: 0o755 });
		chmodSync(join(dir, 'deep/er/run.sh'), 0o775);
		symlinkSync('er/run.sh', join(dir, 'deep/link'));
		writeFileSync(join(dir, `deep/${'long'.repeat(40)}`), '');
		return dir;
	}

	const EXPECTED = [
		'directory deep',
		'directory deep/er',
		'file a 644 one',
		'file deep/er/run.sh 755 two',
		'link deep/link er/run.sh',
	];

	test.each<[Packing, string, readonly string[]]>([
		['tar', 'gnu', []],
		['tar', 'posix', []],
		['tar.gz', 'posix', ['--gzip']],
		['tar.bz2', 'gnu', ['--bzip2']],
		['tar.xz', 'gnu', ['--xz']],
	])('%s, %s', async (packing, format, how) => {
		const made = execFileSync('tar', ['--create', ...how, `--format=${format}`, '-C', released(), '.'], {
			maxBuffer: 10_000_000,
		});
		expect([...(await read(made, { packing }))].sort()).toEqual(
			[...EXPECTED, `file deep/${'long'.repeat(40)} 644 `].sort(),
		);
	});

	test('GNU tar, with a long path that its header cuts right behind a slash', async () => {
		const dir = scratch();
		const path = `deep/${'long/'.repeat(30)}name`;
		mkdirSync(join(dir, path, '..'), { recursive: true });
		writeFileSync(join(dir, path), 'far down');
		const made = execFileSync('tar', ['--create', '--format=posix', '-C', dir, path]);
		expect(made.includes('/0000644')).toBe(true);
		expect(await read(made)).toEqual([`file ${path} 644 far down`]);
	});

	test('git archive, packed with zstd', async () => {
		const dir = released();
		const git = (...args: readonly string[]) =>
			execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args]);
		git('init', '--quiet');
		git('add', '.');
		git('commit', '--quiet', '--message', 'x');
		const lines = await read(zstdCompressSync(git('archive', '--format=tar', 'HEAD')), {
			packing: 'tar.zst',
		});
		expect(lines.filter((line) => !line.includes('long')).sort()).toEqual(EXPECTED);
	});

	test('of many pieces is the same, byte for byte', async () => {
		const noise = Buffer.from(Array.from({ length: 300_001 }, (_, index) => (index * 31) % 251));
		const lines = await read(tar(file('a', noise), file('b', 'after')));
		expect(lines[1]).toBe('file b 644 after');
		expect(lines[0]).toBe(`file a 644 ${noise}`);
	});
});

const sparse = header({ name: 'a', type: 'S', size: 0 });
const huge = header({ name: 'a', size: '77777777777\0' });
const many = Array.from({ length: 101 }, (_, index) => file(`f${index}`));
const zeros = Buffer.alloc(64 * 1024 * 1024);

describe('refused', () => {
	test.each<[string, string, Buffer]>([
		['a path that leads up', 'path', tar(file('../x'))],
		['a path that leads up in the middle', 'path', tar(file('a/../../x'))],
		['an absolute path', 'path', tar(file('/etc/cron.d/x'))],
		['a path with a dot in it', 'path', tar(file('a/./b'))],
		['a path with a backslash', 'path', tar(file('..\\x'))],
		['a path with a line end', 'path', tar(file('a\nb'))],
		['a path that is no UTF-8', 'path', tar(header({ name: Buffer.from([0x61, 0xff]) }))],
		['no path', 'path', tar(file(''))],
		['a path into git', 'path', tar(file('.git/hooks/post-checkout'))],
		['a prefix that leads up', 'path', tar(file('x', 'x', { prefix: '../..' }))],
		['a directory that leads up', 'path', tar(directory('../../x/'))],
		['an extension with a path that leads up', 'path', tar(pax({ path: '../../x' }), file('a'))],
		['a GNU name that leads up', 'path', tar(long('L', `${'../'.repeat(50)}x`), file('a'))],
		['a GNU name with a NUL in it', 'path', tar(long('L', 'a\0/../../x'), file('a'))],
		['something behind the NUL of a name', 'header', tar(header({ name: 'a\0b' }))],
		['an extension with a NUL in it', 'header', tar(pax({ path: 'a\0b' }), file('a'))],
		['an extension for all that renames', 'override', tar(pax({ path: 'b' }, 'g'), file('a'))],
		['an extension of another size', 'override', tar(pax({ size: '0' }), file('a', 'x'.repeat(512)))],
		[
			'an extension that says its path twice',
			'override',
			tar(file('P', Buffer.concat([record('path', 'a'), record('path', 'b')]), { type: 'x' }), file('c')),
		],
		['two extensions that both name', 'override', tar(pax({ path: 'a' }), long('L', 'b'), file('c'))],
		['an extension of an unknown kind', 'header', tar(pax({ execute: 'yes' }), file('a'))],
		[
			'an extension that lies of its length',
			'header',
			tar(file('P', '99 path=a\n', { type: 'x' }), file('a')),
		],
		['an extension without an end', 'header', tar(file('P', '10 path=abc', { type: 'x' }), file('a'))],
		['a huge extension', 'header', tar(pax({ comment: 'x'.repeat(70_000) }), file('a'))],
		['a link that leads up', 'link', tar(link('a', '../x'))],
		['an absolute link', 'link', tar(link('a', '/etc/passwd'))],
		['a link that leads out through another', 'link', tar(link('d', 'e'), link('x', 'd/../../y'))],
		[
			'an extension with a link that leads out',
			'link',
			tar(pax({ linkpath: '/etc/passwd' }), link('a', 'b')),
		],
		['a GNU link that leads out', 'link', tar(long('K', '../../x'), link('a', 'b'))],
		['a link, then a file through it', 'through', tar(link('d', 'e'), file('d/x'))],
		['a file, then a file below it', 'through', tar(file('d'), file('d/x'))],
		['a link in the place of a directory', 'twice', tar(file('d/x'), link('d', 'e'))],
		['a hard link', 'kind', tar(file('a'), header({ name: 'b', type: '1', link: 'a' }))],
		['a hard link out', 'kind', tar(header({ name: 'b', type: '1', link: '/etc/shadow' }))],
		['a character device', 'kind', tar(header({ name: 'null', type: '3' }))],
		['a block device', 'kind', tar(header({ name: 'sda', type: '4' }))],
		['a FIFO', 'kind', tar(header({ name: 'fifo', type: '6' }))],
		['a contiguous file', 'kind', tar(header({ name: 'a', type: '7' }))],
		['a sparse file', 'kind', tar(sparse)],
		[
			'a sparse file of an extension',
			'kind',
			tar(pax({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '999999999999' }), file('a')),
		],
		['a volume label', 'kind', tar(header({ name: 'a', type: 'V' }))],
		['an entry of no kind', 'kind', tar(header({ name: 'a', type: 'Z' }))],
		['a setuid file', 'mode', tar(file('a', 'x', { mode: 0o4755 }))],
		['a setgid file', 'mode', tar(file('a', 'x', { mode: 0o2755 }))],
		['a setgid directory', 'mode', tar(header({ name: 'd', type: '5', mode: 0o2755 }))],
		['a path twice', 'twice', tar(file('a'), file('a'))],
		['a file and a link of one name', 'twice', tar(file('a'), link('a', 'b'))],
		['two paths equal but for case', 'case', tar(file('README'), file('readme'))],
		['two directories equal but for case', 'case', tar(file('Dir/a'), file('dir/b'))],
		['two paths equal but for their composition', 'case', tar(file('\u00e9'), file('e\u0301'))],
		['a wrong checksum', 'header', tar(header({ checksum: '000000\0 ' }))],
		['no checksum', 'header', tar(header({ checksum: '\0'.repeat(8) }))],
		['a size of no number', 'header', tar(header({ size: 'zzzzzzzzzzz\0' }))],
		['a negative size', 'header', tar(header({ size: '\xff'.repeat(12) }))],
		[
			'a link with contents',
			'header',
			tar(header({ name: 'a', type: '2', link: 'b', size: 512 }), Buffer.alloc(512, 1)),
		],
		['a huge file', 'bytes', tar(huge)],
		['too many entries', 'entries', tar(...many)],
		[
			'too many bytes in all',
			'bytes',
			tar(file('a', zeros.subarray(0, 600_000)), file('b', zeros.subarray(0, 600_000))),
		],
		['no end', 'cut', file('a')],
		['half an end', 'cut', Buffer.concat([file('a'), END.subarray(512)])],
		['an end in a header', 'cut', file('a').subarray(0, 100)],
		['an end in the contents', 'cut', file('a', 'x'.repeat(2000)).subarray(0, 1024)],
		['an end in an extension', 'cut', pax({ path: 'x'.repeat(1000) }).subarray(0, 600)],
		['nothing', 'cut', Buffer.alloc(0)],
		['something behind the end', 'rest', Buffer.concat([tar(file('a')), Buffer.from('x')])],
		['an entry behind the end', 'rest', Buffer.concat([tar(file('a')), tar(file('../x'))])],
		['an entry behind half an end', 'rest', Buffer.concat([file('a'), END.subarray(512), file('b'), END])],
		['a tar that is packed', 'header', gzipSync(tar(file('a')), { level: 0 })],
	])('%s', async (_, trap, archive) => {
		await expect(read(archive)).rejects.toMatchObject({
			record: { code: 'archive-refused', facts: { trap } },
		});
	});

	const packed = gzipSync(tar(file('a', 'x'.repeat(5000))));
	const frame = zstdCompressSync(tar(file('a')));
	const by = (program: string, bytes: Buffer) =>
		execFileSync(program, ['--stdout'], { input: bytes, maxBuffer: 10_000_000 });

	test.each<[string, string, Packing, () => Buffer]>([
		['a gzip bomb', 'bytes', 'tar.gz', () => gzipSync(tar(file('a'), zeros))],
		['a gzip bomb in a file', 'bytes', 'tar.gz', () => gzipSync(tar(file('a', zeros)))],
		['a zstd bomb', 'bytes', 'tar.zst', () => zstdCompressSync(tar(file('a'), zeros))],
		['a bzip2 bomb', 'bytes', 'tar.bz2', () => by('bzip2', tar(file('a'), zeros))],
		['an xz bomb', 'bytes', 'tar.xz', () => by('xz', tar(file('a'), zeros))],
		['half a gzip', 'packing', 'tar.gz', () => packed.subarray(0, packed.length - 12)],
		['a gzip without its checksum', 'packing', 'tar.gz', () => packed.subarray(0, packed.length - 4)],
		[
			'a gzip with something behind it',
			'packing',
			'tar.gz',
			() => Buffer.concat([packed, Buffer.from('garbage')]),
		],
		['half a zstd', 'packing', 'tar.zst', () => frame.subarray(0, frame.length - 3)],
		[
			'a zstd with something behind it',
			'rest',
			'tar.zst',
			() => Buffer.concat([frame, Buffer.from('garbage')]),
		],
		['a second frame of zstd', 'rest', 'tar.zst', () => Buffer.concat([frame, frame])],
		['half a bzip2', 'packing', 'tar.bz2', () => by('bzip2', tar(file('a'))).subarray(0, 40)],
		['half an xz', 'packing', 'tar.xz', () => by('xz', tar(file('a'))).subarray(0, 60)],
		[
			'an xz with something behind it',
			'packing',
			'tar.xz',
			() => Buffer.concat([by('xz', tar(file('a'))), Buffer.from('garbage')]),
		],
		['what is not gzip', 'packing', 'tar.gz', () => tar(file('a'))],
		['what is not zstd', 'packing', 'tar.zst', () => tar(file('a'))],
		['what is not bzip2', 'packing', 'tar.bz2', () => tar(file('a'))],
		['what is not xz', 'packing', 'tar.xz', () => tar(file('a'))],
	])('%s', async (_, trap, packing, archive) => {
		await expect(read(archive(), { packing })).rejects.toMatchObject({
			record: { code: 'archive-refused', facts: { trap } },
		});
	});

	test('by name, which cannot steer a terminal', async () => {
		await expect(read(tar(file('a/\u001B[2J/../x')))).rejects.toMatchObject({
			record: { message: expect.stringContaining('"a/?[2J/../x"') },
		});
	});
});

describe('root', () => {
	test('is handed a file of no bytes, and may leave bytes unread', async () => {
		const seen: string[] = [];
		const big = Buffer.alloc(200_000);
		await read(tar(file('empty', ''), file('big', big), file('big2', big), file('last')), {
			on: async ({ path }, chunks) => {
				seen.push(path);
				if (path === 'big2') for await (const _ of chunks) break;
			},
		});
		expect(seen).toEqual(['empty', 'big', 'big2', 'last']);
	});

	test('stops where the caller throws', async () => {
		await expect(
			read(tar(file('a'), file('b')), { on: () => Promise.reject(new Error('the disk is full')) }),
		).rejects.toThrow('the disk is full');
	});

	const BAD = join(import.meta.dirname, '../../fixtures/programs/bad-unpacker.ts');
	test.each([
		['a path that leads up', 'a forbidden entry: its path is not allowed'],
		['a link that leads out', 'a forbidden entry: it is a link that leads out of the archive'],
		['a setuid file', 'a forbidden entry: it has a setuid, setgid or sticky bit'],
		['an entry twice', 'a forbidden entry: the archive contains it twice'],
		['too many bytes', 'a forbidden entry: the archive has too many bytes'],
		['more bytes than its entry has', 'more or fewer bytes than the entry has'],
		['fewer bytes than its entry has', 'more or fewer bytes than the entry has'],
		['bytes of no entry', 'something else than an entry'],
		['an entry of no kind', 'an entry of unknown kind'],
		['a fault of the network', 'a fault of another kind'],
		['a sentence as a fault', 'a fault of unknown kind'],
		['an end in the middle', 'more or fewer bytes than the entry has'],
		['death', 'it ended'],
	])('keeps the rules itself: a child that says %s is ended', async (deed, why) => {
		await expect(read(Buffer.from(deed), { program: BAD })).rejects.toMatchObject({
			record: { code: 'fetcher-failed', facts: { why } },
		});
	});
});
