/**
 * info.json of a tree is a plain, short file, or nothing is done with the tree; what may stand in it is told
 * by model/info.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readInfo } from '../../../../src/privileged/updater/plan/read-info.ts';
import { infoJson } from '../../../box/releases/citadel.ts';
import { scratch } from '../../../scratch.ts';

test('reads an info.json of 256 KB', () => {
	const dir = scratch();
	writeFileSync(join(dir, 'info.json'), infoJson('1.0.0', '*').padEnd(256 * 1024));
	expect(readInfo(dir, 'the root').version).toBe('1.0.0');
});

test.each<[string, (path: string) => unknown, string, string]>([
	['missing', () => undefined, 'info-missing', 'the file is missing'],
	['half', (path) => writeFileSync(path, '{"version": "1.0'), 'info-unreadable', 'JSON'],
	['not UTF-8', (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d])), 'info-unreadable', 'UTF-8'],
	[
		'huge',
		(path) => writeFileSync(path, infoJson('1.0.0', '*').padEnd(300 * 1024)),
		'info-unreadable',
		'307200 bytes',
	],
	['a link', (path) => symlinkSync('README.md', path), 'info-unreadable', 'a symbolic link'],
	['a FIFO', (path) => execFileSync('mkfifo', [path]), 'info-unreadable', 'FIFO'],
	['a directory', (path) => mkdirSync(path), 'info-unreadable', 'a directory'],
])('rejects an info.json that is %s', (_, make, code, why) => {
	const dir = scratch();
	writeFileSync(join(dir, 'README.md'), infoJson('1.0.0', '*'));
	make(join(dir, 'info.json'));
	expect(() => readInfo(dir, 'the root')).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({ code, message: expect.stringContaining(why) }),
		}),
	);
});
