/** The staging directory is found by its inode after hooks rename it. */
import {
	chmodSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manifest, ReleasePath, Sha256 } from '../../../../src/model/release/manifest.ts';
import { makeMtimesDistinct } from '../../../../src/privileged/updater/stage/distinct-mtimes.ts';
import { findStaging, openStaging, reopenStaging } from '../../../../src/privileged/updater/stage/staging.ts';
import { scratch } from '../../../scratch.ts';

function staged(): { readonly root: string; readonly path: string; readonly inode: string } {
	const root = scratch();
	const path = join(root, '.citadel-v1.1.0');
	mkdirSync(path);
	writeFileSync(join(path, 'ours'), 'ours');
	return { root, path, inode: String(statSync(path, { bigint: true }).ino) };
}

describe('the directory', () => {
	test('is found after a rename', () => {
		const { root, path, inode } = staged();
		renameSync(path, join(root, '.umbrel-v1.1.0'));
		expect(findStaging(root, inode)).toBe(join(root, '.umbrel-v1.1.0'));
		const staging = reopenStaging(root, inode);
		expect(readFileSync(join(staging.place, 'ours'), 'utf8')).toBe('ours');
		staging.close();
	});

	test('stays open during a rename, and returns its current path', () => {
		const { root, path } = staged();
		const staging = openStaging(path);
		renameSync(path, join(root, '.renamed'));
		mkdirSync(path);
		writeFileSync(join(path, 'ours'), 'theirs');
		expect(readFileSync(join(staging.place, 'ours'), 'utf8')).toBe('ours');
		expect(staging.name()).toBe(join(root, '.renamed'));
		staging.close();
	});

	test('is not found when another directory replaced it', () => {
		const { root, path, inode } = staged();
		renameSync(path, join(root, 'away'));
		mkdirSync(path);
		expect(findStaging(root, inode)).toBeUndefined();
		expect(() => reopenStaging(root, inode)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'content-changed' }) }),
		);
	});

	test('is reported when it is gone', () => {
		const { root, path, inode } = staged();
		rmSync(path, { recursive: true });
		expect(() => reopenStaging(root, inode)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'content-changed' }) }),
		);
	});

	test('is not opened through a link', () => {
		const { root, path } = staged();
		symlinkSync(path, join(root, '.link'));
		expect(() => openStaging(join(root, '.link'))).toThrow(/ELOOP|ENOTDIR/);
	});

	test('is not writable by others after it was reclaimed', () => {
		const { path } = staged();
		chmodSync(path, 0o777);
		const staging = openStaging(path);
		staging.reclaim();
		staging.close();
		expect(statSync(path).mode & 0o777).toBe(0o755);
	});
});

describe('files that rsync could take for the installed ones', () => {
	const manifest = (paths: readonly string[]): Manifest => ({
		schema: 1,
		entries: paths.map((path) => ({
			kind: 'file',
			path: path as ReleasePath,
			mode: 0o644,
			size: 3,
			sha256: '' as Sha256,
		})),
	});

	function place(installed: number, staging: number): { readonly root: string; readonly dir: string } {
		const root = scratch();
		const dir = join(root, '.staged');
		mkdirSync(dir);
		for (const [path, time] of [
			[join(root, 'a'), installed],
			[join(dir, 'a'), staging],
		] as const) {
			writeFileSync(path, 'abc');
			utimesSync(path, time, time);
		}
		return { root, dir };
	}

	test.each([0, 0.5, 1, 2, -2])('get another mtime when theirs are %d s apart', (apart) => {
		const { root, dir } = place(1_000_000, 1_000_000 + apart);
		makeMtimesDistinct(manifest(['a']), dir, root);
		expect(
			Math.abs(statSync(join(dir, 'a')).mtimeMs - statSync(join(root, 'a')).mtimeMs),
		).toBeGreaterThanOrEqual(2000);
	});

	test('keep their mtime when it or the size already differs', () => {
		const { root, dir } = place(1_000_000, 1_000_010);
		makeMtimesDistinct(manifest(['a']), dir, root);
		expect(statSync(join(dir, 'a')).mtimeMs).toBe(1_000_010_000);
		utimesSync(join(dir, 'a'), 1_000_000, 1_000_000);
		writeFileSync(join(root, 'a'), 'longer');
		utimesSync(join(root, 'a'), 1_000_000, 1_000_000);
		makeMtimesDistinct(manifest(['a']), dir, root);
		expect(statSync(join(dir, 'a')).mtimeMs).toBe(1_000_000_000);
	});

	test('may have a file where the release has a directory', () => {
		const { root, dir } = place(1_000_000, 1_000_000);
		mkdirSync(join(dir, 'sub'));
		writeFileSync(join(dir, 'sub/x'), 'abc');
		writeFileSync(join(root, 'sub'), 'a file');
		expect(() => makeMtimesDistinct(manifest(['sub/x']), dir, root)).not.toThrow();
	});
});
