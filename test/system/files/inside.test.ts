import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readInside } from '../../../src/system/files/inside.ts';

/** A USB stick beside a file that is not on it. */
function makeStick(): string {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-inside-')));
	onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
	mkdirSync(join(dir, 'stick/files'), { recursive: true });
	writeFileSync(join(dir, 'stick/files/a'), 'hello');
	writeFileSync(join(dir, 'secret'), 'root:secret');
	return join(dir, 'stick');
}

const NOTHING = () => undefined;

test.each<[string, string, (stick: string) => void, object]>([
	['a file', 'files/a', NOTHING, { kind: 'file', bytes: Buffer.from('hello') }],
	['nothing', 'files/b', NOTHING, { kind: 'missing' }],
	['a file in place of a directory', 'files/a/b', NOTHING, { kind: 'missing' }],
	['a directory', 'files', NOTHING, { kind: 'irregular', why: 'no plain file' }],
	[
		'a file above the limit',
		'files/long',
		(stick) => writeFileSync(join(stick, 'files/long'), 'x'.repeat(101)),
		{ kind: 'too-large', size: 101 },
	],
	[
		'a file exactly at the limit',
		'files/long',
		(stick) => writeFileSync(join(stick, 'files/long'), 'x'.repeat(100)),
		{ kind: 'file' },
	],
	[
		'a link',
		'files/link',
		(stick) => symlinkSync('../../secret', join(stick, 'files/link')),
		{ kind: 'irregular', why: 'a symbolic link' },
	],
	[
		'through a directory that is a link out',
		'out/secret',
		(stick) => symlinkSync('..', join(stick, 'out')),
		{ kind: 'irregular', why: 'reached through a link that leads out' },
	],
	[
		'through a directory that is a link inside',
		'in/a',
		(stick) => symlinkSync('files', join(stick, 'in')),
		{ kind: 'file' },
	],
	[
		'a path with ..',
		'../secret',
		NOTHING,
		{ kind: 'irregular', why: 'reached through a link that leads out' },
	],
	[
		'a FIFO',
		'fifo',
		(stick) => execFileSync('mkfifo', [join(stick, 'fifo')]),
		{ kind: 'irregular', why: 'no plain file' },
	],
])('%s', (_what, path, prepare, found) => {
	const stick = makeStick();
	prepare(stick);
	expect(readInside(stick, path, 100)).toMatchObject(found);
});

test('reads a directory that is reached through a link', () => {
	const stick = makeStick();
	symlinkSync('stick', `${stick}-here`);
	expect(readInside(`${stick}-here`, 'files/a', 100)).toMatchObject({ kind: 'file' });
});

test('distinguishes a missing directory from an empty one', () => {
	const stick = makeStick();
	rmSync(stick, { recursive: true });
	expect(readInside(stick, 'files/a', 100)).toEqual({ kind: 'no-directory' });
});
