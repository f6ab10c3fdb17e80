/** Private files: written whole or not at all, through write-file-atomic and the checks around it. */
import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { writePrivateFile } from '../../../src/system/files/private-file.ts';
import { scratch } from '../../scratch.ts';

const MODULE = new URL('../../../src/system/files/private-file.ts', import.meta.url).href;

let dir: string;
beforeEach(() => {
	dir = scratch();
});

test.each([
	['text', 'ü\n', 'ü\n'],
	['bytes', Buffer.from('bytes'), 'bytes'],
	['part of a buffer', Buffer.from('a part').subarray(2), 'part'],
	['nothing', '', ''],
])('writes %s with exactly this mode', (_, contents, text) => {
	const path = join(dir, 'file');
	writePrivateFile(path, contents, 0o664);
	expect(readFileSync(path, 'utf8')).toBe(text);
	expect(statSync(path).mode & 0o7777).toBe(0o664);
	expect(readdirSync(dir)).toEqual(['file']);
});

test('replaces a file and its mode and leaves no temporary file', () => {
	const path = join(dir, 'file');
	writeFileSync(path, 'a longer text than the new one', { mode: 0o644 });
	writePrivateFile(path, 'new', 0o600);
	expect(readFileSync(path, 'utf8')).toBe('new');
	expect(statSync(path).mode & 0o7777).toBe(0o600);
	expect(readdirSync(dir)).toEqual(['file']);
});

test('replaces a link and leaves its target alone', () => {
	writeFileSync(join(dir, 'target'), 'mine');
	symlinkSync('target', join(dir, 'file'));
	writePrivateFile(join(dir, 'file'), 'new', 0o600);
	expect(lstatSync(join(dir, 'file')).isFile()).toBe(true);
	expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('mine');
});

test('uses no predictable name in a directory where others can write', () => {
	const shared = join(dir, 'shared');
	mkdirSync(shared);
	chmodSync(shared, 0o777);
	writePrivateFile(join(shared, 'file'), 'new', 0o640);
	expect(statSync(join(shared, 'file')).mode & 0o7777).toBe(0o640);
});

/**
 * Writes 200,000 bytes where the kernel accepts only `limit`: the first write is short, the next one fails.
 */
function writeLimited(
	code: string,
	limit: number,
): { readonly status: number | null; readonly stderr: string } {
	const program = `process.on('SIGXFSZ', () => undefined); const bytes = Buffer.alloc(200_000, 'x'); ${code}`;
	const node = [process.execPath, '--input-type=module', '-e', program];
	const { status, stderr } = spawnSync('prlimit', [`--fsize=${limit}`, ...node], {
		encoding: 'utf8',
		cwd: join(import.meta.dirname, '../../..'),
	});
	return { status, stderr };
}

test('keeps the old file if the kernel writes only a part of the new one', () => {
	const path = join(dir, 'file');
	writeFileSync(path, 'old');
	const code = `const { writePrivateFile } = await import('${MODULE}'); writePrivateFile('${path}', bytes, 0o600);`;
	const end = writeLimited(code, 100_000);
	expect(end.stderr).toContain('EFBIG');
	expect(readFileSync(path, 'utf8')).toBe('old');
	expect(readdirSync(dir)).toEqual(['file']);
});

test('write-file-atomic alone would accept a partial write', () => {
	const path = join(dir, 'file');
	const code = `const { default: write } = await import('write-file-atomic'); write.sync('${path}', bytes);`;
	expect(writeLimited(code, 100_000).status).toBe(0);
	expect(statSync(path).size).toBe(100_000);
	expect(existsSync(path)).toBe(true);
});
