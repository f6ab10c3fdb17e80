/** The release's terms are a plain, short file of the staged tree, or the release is refused. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_TERMS } from '../../../../src/model/release/terms.ts';
import { readTerms } from '../../../../src/privileged/updater/plan/read-terms.ts';
import { scratch } from '../../../scratch.ts';

test('returns the defaults without the file', () => {
	expect(readTerms(scratch())).toEqual(DEFAULT_TERMS);
});

test('reads a file of 64 KB', () => {
	const dir = scratch();
	writeFileSync(join(dir, '.release.json'), '{"dataVersion": 7}'.padEnd(64 * 1024));
	expect(readTerms(dir)).toEqual({ ...DEFAULT_TERMS, dataVersion: 7 });
});

test.each([
	['a link', (path: string) => symlinkSync('/etc/passwd', path), 'a symbolic link'],
	['a directory', (path: string) => mkdirSync(path), 'a directory'],
	['longer', (path: string) => writeFileSync(path, '{}'.padEnd(64 * 1024 + 1)), '65537 bytes'],
	['empty', (path: string) => writeFileSync(path, ''), 'it is empty'],
] as const)('one that is %s refuses the release', (_what, make, why) => {
	const dir = scratch();
	make(join(dir, '.release.json'));
	expect(() => readTerms(dir)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({ code: 'terms-unreadable', message: expect.stringContaining(why) }),
		}),
	);
});
