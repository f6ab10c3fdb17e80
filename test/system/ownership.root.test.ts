import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findHole } from '../../src/system/ownership.ts';

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
		expect(findHole(join(dir, 'a/file'), [0])).toBe(`${join(dir, owned)} belongs to user ${STRANGER}`);
		expect(findHole(join(dir, 'a/file'), [0, STRANGER])).toBeUndefined();
	});

	test('a link to what is root’s', () => {
		symlinkSync(join(dir, 'a/file'), join(dir, 'link'));
		lchownSync(join(dir, 'link'), STRANGER, STRANGER);
		expect(findHole(join(dir, 'link'), [0])).toBe(`${join(dir, 'link')} belongs to user ${STRANGER}`);
	});

	test('a directory that is sticky and open to all, with what is root’s in it', () => {
		chownSync(dir, STRANGER, STRANGER);
		chmodSync(dir, 0o1777);
		expect(findHole(join(dir, 'a/file'), [0, STRANGER])).toBe(`${dir} can be written by other users`);
	});

	test('what is in a sticky directory of root’s', () => {
		chmodSync(dir, 0o1777);
		expect(findHole(join(dir, 'a/file'), [0])).toBeUndefined();
		chownSync(join(dir, 'a'), STRANGER, STRANGER);
		expect(findHole(join(dir, 'a/file'), [0])).toBe(`${join(dir, 'a')} belongs to user ${STRANGER}`);
	});
});
