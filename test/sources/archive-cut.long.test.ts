/**
 * The updater is killed while it unpacks an archive: the next one continues, and leaves nothing of the first.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Sha256 } from '../../src/model/release/manifest.ts';
import { file, tar } from '../box/releases/tar-writer.ts';
import { accountForTest } from '../box/sources/fetcher.ts';
import { scratch } from '../scratch.ts';

const PROGRAM = join(import.meta.dirname, '../fixtures/programs/brings.ts');
const digestOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex') as Sha256;

/** Runs the program up to this point and kills it. Returns whether it was killed, or how it ended. */
function killedAt(percent: number, args: readonly string[]): boolean | string {
	const { status, signal, stderr } = spawnSync(process.execPath, [PROGRAM, String(percent), ...args], {
		encoding: 'utf8',
	});
	return status === 0 ? false : signal === 'SIGKILL' || `it ended with ${status ?? signal}: ${stderr}`;
}

test('resumes unpacking after each of many kills and completes the release', () => {
	const dir = scratch();
	const state = join(dir, 'state');
	mkdirSync(state, { mode: 0o700 });
	const texts = Array.from({ length: 3000 }, (_, at) => [`d${at % 50}/f${at}`, `contents of ${at}`] as const);
	const archive = tar(...texts.map(([path, text]) => file(path, text)));
	const files = texts.map(([path, text]) => ({
		kind: 'file',
		path,
		mode: 0o644,
		size: text.length,
		sha256: digestOf(text),
	}));
	const release = {
		tag: 'v1.1.0',
		archive: { packing: 'tar', size: archive.length, sha256: digestOf(archive) },
		files,
	};
	writeFileSync(join(dir, 'release.json'), JSON.stringify(release));
	writeFileSync(join(dir, 'archive'), archive);
	const args = [
		join(dir, 'release.json'),
		join(dir, 'archive'),
		state,
		...(accountForTest() === undefined ? [] : [String(accountForTest()?.uid)]),
	];

	const whole = Math.floor(
		(100 * archive.length) / (archive.length + files.reduce((sum, { size }) => sum + size, 0)),
	);
	const inode = () => statSync(join(state, 'files/incoming', digestOf(archive))).ino;
	expect(killedAt(whole, args)).toBe(true);
	const first = inode();
	expect(killedAt(whole + 1, args)).toBe(true);
	expect(inode(), 'the archive was not brought again').toBe(first);
	expect(killedAt(101, args)).toBe(false);

	const left = readdirSync(state, { recursive: true, withFileTypes: true });
	const names = left.filter((entry) => entry.isFile()).map(({ name }) => name);
	expect(names.sort()).toEqual(files.map(({ sha256 }) => sha256).sort());
	expect(readdirSync(state)).toEqual(['files']);
	expect(readdirSync(join(state, 'files/incoming'))).toEqual([]);
});
