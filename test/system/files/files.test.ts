import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errnoOf } from '../../../src/model/base/errno.ts';
import { AppendFile } from '../../../src/system/files/append-file.ts';
import { makeDirectory, removeTree, syncDirectory } from '../../../src/system/files/directories.ts';
import { readSmall } from '../../../src/system/files/read-file.ts';
import { removeAbandoned, replaceDurably, replaceWhole } from '../../../src/system/files/replace-file.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

const moduleOf = (name: string) => new URL(`../../../src/${name}.ts`, import.meta.url).href;
const replaceModule = moduleOf('system/files/replace-file');
const readModule = moduleOf('system/files/read-file');
const errnoModule = moduleOf('model/base/errno');

function errnoFrom(act: () => unknown): string {
	try {
		act();
	} catch (thrown) {
		return errnoOf(thrown);
	}
	return 'nothing was thrown';
}

const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe.each([
	['replaceDurably', replaceDurably],
	['replaceWhole', replaceWhole],
])('%s', (name, replace) => {
	test('creates a private file', () => {
		const path = join(scratch(), 'file');
		replace(path, 'ü');
		expect(readFileSync(path, 'utf8')).toBe('ü');
		expect(modeOf(path)).toBe(0o600);
	});

	test('replaces a file with a new inode and the requested mode, and leaves no temporary file', () => {
		const directory = scratch();
		const path = join(directory, 'file');
		writeFileSync(path, 'old');
		linkSync(path, join(directory, 'other name'));
		replace(path, Uint8Array.from([1, 2, 3]), { mode: 0o640 });
		expect([...readFileSync(path)]).toEqual([1, 2, 3]);
		expect(modeOf(path)).toBe(0o640);
		expect(readFileSync(join(directory, 'other name'), 'utf8')).toBe('old');
		expect(readdirSync(directory).sort()).toEqual(['file', 'other name']);
	});

	test('sets the requested mode regardless of the umask', () => {
		const path = join(scratch(), 'file');
		const before = process.umask(0o077);
		onTestFinished(() => void process.umask(before));
		replace(path, 'x', { mode: 0o664 });
		expect(modeOf(path)).toBe(0o664);
	});

	test('replaces a link and leaves its target alone', () => {
		const directory = scratch();
		const target = join(directory, 'target');
		const path = join(directory, 'link');
		writeFileSync(target, 'target');
		symlinkSync(target, path);
		replace(path, 'new');
		expect(lstatSync(path).isFile()).toBe(true);
		expect(readFileSync(path, 'utf8')).toBe('new');
		expect(readFileSync(target, 'utf8')).toBe('target');
	});

	test('replaces a dangling link', () => {
		const directory = scratch();
		symlinkSync(join(directory, 'missing'), join(directory, 'link'));
		replace(join(directory, 'link'), 'new');
		expect(readdirSync(directory)).toEqual(['link']);
	});

	test('fails on a directory and leaves no temporary file', () => {
		const directory = scratch();
		mkdirSync(join(directory, 'taken'));
		expect(errnoFrom(() => replace(join(directory, 'taken'), 'x'))).toBe('EISDIR');
		expect(readdirSync(directory)).toEqual(['taken']);
	});

	test('fails if the directory is missing', () => {
		expect(errnoFrom(() => replace(join(scratch(), 'missing/file'), 'x'))).toBe('ENOENT');
	});

	test('keeps the old file and no temporary file if a write fails halfway', () => {
		const directory = scratch();
		const path = join(directory, 'file');
		writeFileSync(path, 'old');
		const code = `import { ${name} } from '${replaceModule}'; import { errnoOf } from '${errnoModule}'; try { ${name}('${path}', 'x'.repeat(100_000)); } catch (e) { console.log(errnoOf(e)); }`;
		// A limit on the file size stands in for a full disk.
		const limited = [
			'-c',
			'ulimit -f 8; exec "$0" --input-type=module-typescript -e "$1"',
			process.execPath,
			code,
		];
		expect(spawnSync('bash', limited, { encoding: 'utf8', timeout: 60_000 }).stdout).toBe('EFBIG\n');
		expect(readFileSync(path, 'utf8')).toBe('old');
		expect(readdirSync(directory)).toEqual(['file']);
	});
});

test('readers never see a partial file', async () => {
	const path = join(scratch(), 'file');
	const writer = spawn(
		process.execPath,
		[join(import.meta.dirname, '../../fixtures/programs/replaces-forever.ts'), path],
		{
			stdio: 'ignore',
		},
	);
	onTestFinished(() => void writer.kill('SIGKILL'));
	await until('the first file', () => existsSync(path));
	const seen = new Set<string>();
	for (let reads = 0; reads < 2000 || seen.size < 2; reads++) {
		if (reads > 200_000) throw new Error('the writer writes nothing new');
		const text = readFileSync(path, 'latin1');
		if (text === '' || text !== text.charAt(0).repeat(200_000))
			expect.unreachable(`half a file of ${text.length} characters`);
		seen.add(text.charAt(0));
	}
});

describe('makeDirectory', () => {
	test('creates all missing directories with the mode, regardless of the umask', () => {
		const top = scratch();
		const before = process.umask(0o077);
		onTestFinished(() => void process.umask(before));
		makeDirectory(join(top, 'a/b/c'), 0o770);
		expect(['a', 'a/b', 'a/b/c'].map((path) => modeOf(join(top, path)))).toEqual([0o770, 0o770, 0o770]);
	});

	test('leaves an existing directory as it is', () => {
		const top = scratch();
		mkdirSync(join(top, 'a'));
		chmodSync(join(top, 'a'), 0o700);
		makeDirectory(join(top, 'a'), 0o755);
		makeDirectory(join(top, 'a/b'), 0o755);
		expect([modeOf(join(top, 'a')), modeOf(join(top, 'a/b'))]).toEqual([0o700, 0o755]);
	});

	test('fails if a file is in the way', () => {
		const top = scratch();
		writeFileSync(join(top, 'file'), '');
		expect(errnoFrom(() => makeDirectory(join(top, 'file'), 0o700))).toBe('EEXIST');
		expect(errnoFrom(() => makeDirectory(join(top, 'file/below'), 0o700))).toBe('ENOTDIR');
	});
});

test('syncDirectory accepts only directories', () => {
	const top = scratch();
	writeFileSync(join(top, 'file'), '');
	expect(errnoFrom(() => syncDirectory(top))).toBe('nothing was thrown');
	expect(errnoFrom(() => syncDirectory(join(top, 'file')))).toBe('ENOTDIR');
});

test('removeTree removes links and contents, not link targets', () => {
	const top = scratch();
	mkdirSync(join(top, 'tree/deep'), { recursive: true });
	mkdirSync(join(top, 'kept'));
	writeFileSync(join(top, 'kept/file'), '');
	symlinkSync(join(top, 'kept'), join(top, 'tree/deep/link'));
	removeTree(join(top, 'tree'));
	removeTree(join(top, 'never there'));
	expect(readdirSync(top)).toEqual(['kept']);
	expect(readdirSync(join(top, 'kept'))).toEqual(['file']);
});

describe('readSmall', () => {
	test.each([
		['an empty file', 0],
		['a file', 5],
		['a file exactly at the limit', 8],
	])('reads %s', (_what, size) => {
		const path = join(scratch(), 'file');
		writeFileSync(path, 'x'.repeat(size));
		const read = readSmall(path, 8);
		expect(read).toMatchObject({ kind: 'file', stats: { size } });
		expect(read.kind === 'file' && read.bytes.toString()).toBe('x'.repeat(size));
	});

	test('rejects a file above the limit', () => {
		const path = join(scratch(), 'file');
		writeFileSync(path, 'x'.repeat(9));
		expect(readSmall(path, 8)).toEqual({ kind: 'too-large', size: 9 });
	});

	test('rejects a file that holds more than its reported size', () => {
		// The kernel reports a size of 0 for this file.
		expect(statSync('/proc/cpuinfo').size).toBe(0);
		expect(readSmall('/proc/cpuinfo', 8)).toEqual({ kind: 'too-large', size: 9 });
		expect(readSmall('/proc/sys/kernel/ostype', 100)).toMatchObject({
			kind: 'file',
			bytes: Buffer.from('Linux\n'),
		});
	});

	test.each([
		['nothing', 'missing'],
		['a path below a file', 'file/below'],
	])('reports %s as missing', (_what, name) => {
		const top = scratch();
		writeFileSync(join(top, 'file'), '');
		expect(readSmall(join(top, name), 8)).toEqual({ kind: 'missing' });
	});

	test('does not follow links', () => {
		const top = scratch();
		writeFileSync(join(top, 'file'), 'secret');
		symlinkSync('file', join(top, 'link'));
		symlinkSync('missing', join(top, 'dangling'));
		expect(readSmall(join(top, 'link'), 8)).toEqual({ kind: 'irregular', why: 'a symbolic link' });
		expect(readSmall(join(top, 'dangling'), 8)).toEqual({ kind: 'irregular', why: 'a symbolic link' });
	});

	test('reports a directory and a device as irregular', () => {
		expect(readSmall(scratch(), 8)).toEqual({ kind: 'irregular', why: 'a directory' });
		expect(readSmall('/dev/zero', 8)).toEqual({ kind: 'irregular', why: 'a device' });
	});

	test('reports a socket as irregular', async () => {
		const path = join(scratch(), 'socket');
		const server = createServer().listen(path);
		onTestFinished(() => void server.close());
		await until('the socket', () => existsSync(path));
		expect(readSmall(path, 8)).toEqual({ kind: 'irregular', why: 'a socket or device' });
	});

	test('does not block on a FIFO without a writer', () => {
		const path = join(scratch(), 'fifo');
		execFileSync('mkfifo', [path]);
		const code = `import { readSmall } from '${readModule}'; console.log(JSON.stringify(readSmall('${path}', 8)));`;
		const ended = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', code], {
			encoding: 'utf8',
			timeout: 60_000,
		});
		expect(ended.stdout).toBe('{"kind":"irregular","why":"a FIFO"}\n');
	});
});

describe('AppendFile', () => {
	test('appends to what an earlier instance wrote', () => {
		const path = join(scratch(), 'journal');
		const first = new AppendFile(path);
		first.write('one\n');
		first.write('two\n');
		first.sync();
		first.close();
		const second = new AppendFile(path);
		second.write('three\n');
		second.close();
		expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
		expect(modeOf(path)).toBe(0o600);
	});

	test('truncates a torn end before the first write', () => {
		const path = join(scratch(), 'journal');
		writeFileSync(path, 'one\ntwo\nthr');
		const file = new AppendFile(path, 8);
		expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
		file.write('three\n');
		file.close();
		expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
	});

	test('does not follow a link at its path', () => {
		const top = scratch();
		writeFileSync(join(top, 'target'), 'kept');
		symlinkSync('target', join(top, 'journal'));
		expect(errnoFrom(() => new AppendFile(join(top, 'journal'), 0))).toBe('ELOOP');
		expect(readFileSync(join(top, 'target'), 'utf8')).toBe('kept');
	});
});

test.each([
	['an errno', Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENOENT'],
	['no errno', new Error('x'), ''],
	['a number as code', Object.assign(new Error('x'), { code: 5 }), ''],
	['no error', { code: 'ENOENT' }, ''],
	['nothing', undefined, ''],
])('errnoOf: %s', (_what, thrown, errno) => {
	expect(errnoOf(thrown)).toBe(errno);
});

test('removes temporary files of killed writers, even with our own pid, and keeps those of running writers and other files', () => {
	const dir = scratch();
	const gone = spawnSync('true').pid;
	const name = (pid: number) => `.${pid}-0123456789abcdef01.tmp`;
	const staying = [name(process.ppid), '.env.tmp', 'file'];
	for (const one of [name(gone), name(process.pid), ...staying]) writeFileSync(join(dir, one), '');
	removeAbandoned(dir);
	expect(readdirSync(dir).sort()).toEqual(staying.sort());
});
