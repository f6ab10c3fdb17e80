/** A staged release: exactly what the source sent, and its manifest. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ReleasePath } from '../../../../src/model/release/manifest.ts';
import { writeTree } from '../../../../src/privileged/updater/stage/release-tree.ts';
import type { ReleaseSource, SourceEntry } from '../../../../src/sources/source.ts';
import { scratch } from '../../../scratch.ts';

type Sent = readonly [entry: SourceEntry, pieces: readonly string[]];

const file = (path: string, pieces: readonly string[], mode: 0o644 | 0o755 = 0o644): Sent => [
	{ kind: 'file', path: path as ReleasePath, mode, size: pieces.join('').length },
	pieces,
];
const link = (path: string, target: string): Sent => [
	{ kind: 'link', path: path as ReleasePath, size: target.length },
	[target],
];

function sourceOf(sent: readonly Sent[]): ReleaseSource {
	const none = () => Promise.reject(new Error('not asked for here'));
	return {
		list: none,
		infoAt: none,
		fetch: none,
		known: none,
		prune: none,
		entries: none,
		async read(_commit, onEntry) {
			for (const [entry, pieces] of sent) {
				await onEntry(
					entry,
					(async function* () {
						for (const piece of pieces) yield Buffer.from(piece);
					})(),
				);
			}
		},
	};
}

async function write(sent: readonly Sent[]) {
	const dir = join(scratch(), 'staged');
	mkdirSync(dir);
	const told: number[] = [];
	return { dir, told, tree: await writeTree(sourceOf(sent), 'commit', dir, (done) => told.push(done)) };
}

test('writes files, modes and links as sent, whatever the umask, and lists them in byte order', async () => {
	const umask = process.umask(0o077);
	try {
		const { dir, told, tree } = await write([
			file('b/deep/run', ['#!', '/bin/sh\n'], 0o755),
			file('a', []),
			file('Z', ['z']),
			link('l', 'b/deep/run'),
			file('é', ['e']),
		]);
		const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
		expect(tree.manifest).toEqual({
			schema: 1,
			entries: [
				{ kind: 'file', path: 'Z', mode: 0o644, size: 1, sha256: sha256('z') },
				{ kind: 'file', path: 'a', mode: 0o644, size: 0, sha256: sha256('') },
				{ kind: 'file', path: 'b/deep/run', mode: 0o755, size: 10, sha256: sha256('#!/bin/sh\n') },
				{ kind: 'link', path: 'l', target: 'b/deep/run' },
				{ kind: 'file', path: 'é', mode: 0o644, size: 1, sha256: sha256('e') },
			],
		});
		expect(tree.bytes).toBe(12);
		expect(told).toEqual([10, 10, 11, 12]);
		expect(
			['b', 'b/deep', 'b/deep/run', 'a'].map((path) => (statSync(join(dir, path)).mode & 0o777).toString(8)),
		).toEqual(['755', '755', '755', '644']);
		expect(readlinkSync(join(dir, 'l'))).toBe('b/deep/run');
	} finally {
		process.umask(umask);
	}
});

describe('links', () => {
	test.each([
		['/etc/passwd'],
		['../outside'],
		['b/../../outside'],
		['./../outside'],
		[''],
		['x'.repeat(2000)],
	])('to %j are rejected', async (target) => {
		await expect(write([link('link', target)])).rejects.toMatchObject({
			record: { code: 'content-refused', facts: { path: 'link' } },
		});
	});

	test('are made last, so that nothing is written through one', async () => {
		const outside = join(scratch(), 'outside');
		await expect(
			write([link('dir', 'other'), file('other/x', ['x']), file('dir/evil', ['evil'])]),
		).rejects.toThrow(/EEXIST/);
		expect(existsSync(outside)).toBe(false);
	});

	test('inside the release are made, even dangling ones', async () => {
		const { dir } = await write([file('a/b/c', ['c']), link('a/up', '../x'), link('a/b/same', './c')]);
		expect(readlinkSync(join(dir, 'a/up'))).toBe('../x');
		expect(readFileSync(join(dir, 'a/b/same'), 'utf8')).toBe('c');
	});
});

describe('a source that contradicts itself', () => {
	test.each<[string, readonly Sent[]]>([
		['one path twice', [file('a', ['1']), file('a', ['2'])]],
		['a file and a directory of one name', [file('a', ['1']), file('a/b', ['2'])]],
		['a directory and a file of one name', [file('a/b', ['1']), file('a', ['2'])]],
		['a file and a link of one name', [file('a', ['1']), link('a', 'b')]],
	])('%s is rejected', async (_, sent) => {
		await expect(write(sent)).rejects.toThrow(/EEXIST|ENOTDIR|EISDIR/);
	});
});

test('does not write to files that already exist in the directory', async () => {
	const dir = join(scratch(), 'staged');
	mkdirSync(dir);
	const { symlinkSync, writeFileSync } = await import('node:fs');
	writeFileSync(join(dir, '../precious'), 'precious');
	symlinkSync('../precious', join(dir, 'a'));
	await expect(writeTree(sourceOf([file('a', ['evil'])]), 'commit', dir, () => undefined)).rejects.toThrow(
		/EEXIST/,
	);
	expect(readFileSync(join(dir, '../precious'), 'utf8')).toBe('precious');
	expect(lstatSync(join(dir, 'a')).isSymbolicLink()).toBe(true);
});
