/** Private files as root: the owner is kept, and a disk is really full. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writePrivateFile } from '../../../src/system/files/private-file.ts';
import { scratch } from '../../scratch.ts';

test('keeps the owner of a file that it replaces', () => {
	const path = join(scratch(), 'file');
	writeFileSync(path, 'old');
	chownSync(path, 1234, 4321);
	writePrivateFile(path, 'new', 0o600);
	expect(statSync(path)).toMatchObject({ uid: 1234, gid: 4321 });
	expect(readFileSync(path, 'utf8')).toBe('new');
});

test('keeps the old file on a full disk and leaves no temporary file', () => {
	const dir = join(scratch(), 'small');
	mkdirSync(dir);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=755', 'signalbox-test', dir]);
	onTestFinished(() => void execFileSync('umount', [dir]));
	const path = join(dir, 'file');
	writePrivateFile(path, 'old', 0o600);
	expect(() => writePrivateFile(path, Buffer.alloc(200_000), 0o600)).toThrow('ENOSPC');
	expect(readFileSync(path, 'utf8')).toBe('old');
	expect(readdirSync(dir)).toEqual(['file']);
});
