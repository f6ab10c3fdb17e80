import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findUntrustedWriter } from '../../../src/system/access/untrusted-writer.ts';

const self = process.geteuid?.() ?? 0;
let dir: string;

beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), 'ownership-'));
	mkdirSync(join(dir, 'a/b'), { recursive: true, mode: 0o755 });
	writeFileSync(join(dir, 'a/b/file'), '', { mode: 0o644 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const hole = (path: string) => findUntrustedWriter(join(dir, path), [self]);

test('a path of one’s own below a sticky directory of root’s has no hole', () => {
	expect(hole('a/b/file')).toBeUndefined();
});

describe('writable by others', () => {
	test.each([
		['the file, by all', 'a/b/file', 0o666],
		['the file, by its group', 'a/b/file', 0o664],
		['its directory', 'a/b', 0o777],
		['a directory far above it', 'a', 0o775],
		['a sticky directory that is not root’s or is the end of the path', 'a/b', 0o1777],
	])('%s', (_what, path, mode) => {
		chmodSync(join(dir, path), mode);
		expect(findUntrustedWriter(join(dir, path), [self])).toBe(
			`${join(dir, path)} can be written by other users`,
		);
	});

	test('a directory is looked at for what is in it', () => {
		chmodSync(join(dir, 'a'), 0o777);
		expect(hole('a/b/file')).toBe(`${join(dir, 'a')} can be written by other users`);
	});
});

describe('links', () => {
	test('one to a safe place is safe', () => {
		symlinkSync('b/file', join(dir, 'a/link'));
		symlinkSync(join(dir, 'a'), join(dir, 'way'));
		expect(hole('way/link')).toBeUndefined();
	});

	test.each([
		['absolute', () => join(dir, 'open/file')],
		['relative', () => '../open/file'],
	])('one to an open place is a hole (%s)', (_what, target) => {
		mkdirSync(join(dir, 'open'));
		chmodSync(join(dir, 'open'), 0o777);
		writeFileSync(join(dir, 'open/file'), '');
		symlinkSync(target(), join(dir, 'a/link'));
		expect(hole('a/link')).toBe(`${join(dir, 'open')} can be written by other users`);
	});

	test('one in an open place is a hole, wherever it leads', () => {
		mkdirSync(join(dir, 'open'));
		symlinkSync(join(dir, 'a/b/file'), join(dir, 'open/link'));
		chmodSync(join(dir, 'open'), 0o777);
		expect(hole('open/link')).toBe(`${join(dir, 'open')} can be written by other users`);
	});

	test('a circle ends', () => {
		symlinkSync('two', join(dir, 'one'));
		symlinkSync('one', join(dir, 'two'));
		expect(hole('one')).toContain('links');
	});

	test('names after a link with .. are walked where it leads', () => {
		mkdirSync(join(dir, 'c/d'), { recursive: true });
		symlinkSync('../../c/d', join(dir, 'a/b/link'));
		writeFileSync(join(dir, 'c/d/file'), '');
		expect(hole('a/b/link/file')).toBeUndefined();
		chmodSync(join(dir, 'c'), 0o777);
		expect(hole('a/b/link/file')).toBe(`${join(dir, 'c')} can be written by other users`);
	});
});

test('what is not there is a hole', () => {
	expect(hole('a/missing')).toBe(`${join(dir, 'a/missing')} is not there`);
});
