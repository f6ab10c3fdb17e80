import {
	chmodSync,
	chownSync,
	lchownSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
	findUntrustedWriter,
	findUntrustedWriterAbove,
} from '../../../src/system/access/untrusted-writer.ts';

const STRANGER = 65534;
let dir: string;

beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), 'ownership-'));
	chmodSync(dir, 0o755);
	mkdirSync(join(dir, 'a'));
	writeFileSync(join(dir, 'a/file'), '', { mode: 0o755 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('of another user', () => {
	test.each([
		['the file', 'a/file'],
		['its directory', 'a'],
		['a directory above', '.'],
	])('%s', (_what, owned) => {
		chownSync(join(dir, owned), STRANGER, STRANGER);
		expect(findUntrustedWriter(join(dir, 'a/file'), [0])).toBe(
			`${join(dir, owned)} belongs to user ${STRANGER}`,
		);
		expect(findUntrustedWriter(join(dir, 'a/file'), [0, STRANGER])).toBeUndefined();
	});

	test('a link to what is root’s', () => {
		symlinkSync(join(dir, 'a/file'), join(dir, 'link'));
		lchownSync(join(dir, 'link'), STRANGER, STRANGER);
		expect(findUntrustedWriter(join(dir, 'link'), [0])).toBe(
			`${join(dir, 'link')} belongs to user ${STRANGER}`,
		);
	});

	test('a directory that is sticky and open to all, with what is root’s in it', () => {
		chownSync(dir, STRANGER, STRANGER);
		chmodSync(dir, 0o1777);
		expect(findUntrustedWriter(join(dir, 'a/file'), [0, STRANGER])).toBe(
			`${dir} can be written by other users`,
		);
	});

	test('what is in a sticky directory of root’s', () => {
		chmodSync(dir, 0o1777);
		expect(findUntrustedWriter(join(dir, 'a/file'), [0])).toBeUndefined();
		chownSync(join(dir, 'a'), STRANGER, STRANGER);
		expect(findUntrustedWriter(join(dir, 'a/file'), [0])).toBe(
			`${join(dir, 'a')} belongs to user ${STRANGER}`,
		);
	});
});

describe('above', () => {
	const above = (...owners: readonly number[]) => findUntrustedWriterAbove(join(dir, 'a'), owners);

	test('what is given away itself has no hole, and neither has what its owner owns above it', () => {
		chmodSync(join(dir, 'a'), 0o777);
		chownSync(join(dir, 'a'), STRANGER, STRANGER);
		expect(above()).toBeUndefined();
		chownSync(dir, STRANGER, STRANGER);
		expect(above()).toBeUndefined();
	});

	test('a directory that is another user’s, or open to others', () => {
		chownSync(dir, STRANGER, STRANGER);
		expect(above()).toBe(`${dir} belongs to user ${STRANGER}`);
		expect(above(STRANGER), 'who is accepted by name').toBeUndefined();
		chownSync(dir, 0, 0);
		chmodSync(dir, 0o777);
		expect(above()).toBe(`${dir} can be written by other users`);
		chmodSync(dir, 0o1777);
		expect(above()).toBeUndefined();
	});

	test('a link in its place leads where nobody else may lead it', () => {
		symlinkSync(join(dir, 'a'), join(dir, 'link'));
		expect(findUntrustedWriterAbove(join(dir, 'link'), [])).toBeUndefined();
		lchownSync(join(dir, 'a'), STRANGER, STRANGER);
		mkdirSync(join(dir, 'theirs'), { mode: 0o777 });
		chmodSync(join(dir, 'theirs'), 0o777);
		mkdirSync(join(dir, 'theirs/a'));
		symlinkSync(join(dir, 'theirs/a'), join(dir, 'astray'));
		expect(findUntrustedWriterAbove(join(dir, 'astray'), [])).toBe(
			`${join(dir, 'theirs')} can be written by other users`,
		);
	});

	test('nothing', () => {
		expect(findUntrustedWriterAbove(join(dir, 'none'), [])).toBe(`${join(dir, 'none')} is not there`);
	});
});
