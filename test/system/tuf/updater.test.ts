/**
 * The internals of tuf-js that the client takes over: a version in which one of them means something else
 * must not pass unseen.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { makeUpdater } from '../../../src/system/tuf/updater.ts';
import { scratch } from '../../scratch.ts';
import { Publisher, time } from './publisher.ts';

const DAY = 86_400_000;

function filesOf(publisher: Publisher) {
	const kept = new Map<string, Uint8Array>([['root', publisher.factory()]]);
	const loaded: string[] = [];
	const files = {
		load: (role: string) => {
			loaded.push(role);
			const bytes = kept.get(role);
			if (bytes === undefined) throw new Error('not there');
			return bytes;
		},
		persist: (role: string, bytes: Uint8Array) => void kept.set(role, bytes),
		download: async (path: string) => publisher.files.get(path),
	};
	return { files, kept, loaded };
}

test('the version is the one that was read', () => {
	const { version } = JSON.parse(readFileSync('node_modules/tuf-js/package.json', 'utf8')) as {
		version: string;
	};
	expect(version).toBe('6.0.2');
});

test('everything is loaded and persisted through us, no file is touched, no time is asked for', async () => {
	const publisher = new Publisher();
	publisher.delegate('../team', { paths: ['*'] });
	publisher.next();
	const { files, kept, loaded } = filesOf(publisher);
	const dir = scratch();
	vi.stubEnv('TMPDIR', dir);
	const updater = makeUpdater(files, publisher.now);
	await updater.refresh();
	await updater.getTargetInfo('a');
	vi.unstubAllEnvs();
	expect(loaded).toEqual(['root', 'timestamp', 'snapshot', 'targets', '../team']);
	expect([...kept.keys()]).toEqual(['root', 'timestamp', 'snapshot', 'targets', '../team']);
	expect(readdirSync(dir)).toEqual([]);
});

test.each([
	[0, 'ok'],
	[29, 'ok'],
	[31, 'expired'],
])('by a clock %i days on: %s', async (days, end) => {
	// Nothing but the parameter differs: the machine’s own clock stands where it stands.
	const publisher = new Publisher(Date.now() - 3 * 365 * 86_400_000);
	const { files } = filesOf(publisher);
	const refreshed = makeUpdater(files, publisher.now + days * 86_400_000).refresh();
	await expect(
		refreshed
			.then(() => 'ok')
			.catch((thrown: Error) => (/expired/.test(thrown.message) ? 'expired' : thrown.message)),
	).resolves.toBe(end);
});

test('roles can be loaded by name', async () => {
	const publisher = new Publisher();
	publisher.delegate('team', { paths: ['*'] });
	publisher.addTarget('a', 'x', 'team');
	publisher.next();
	const updater = makeUpdater(filesOf(publisher).files, publisher.now);
	await updater.refresh();
	const role = await updater.loadTargets('team', 'targets');
	expect(Object.keys(role?.signed.targets ?? {})).toEqual(['a']);
	expect(Object.keys(updater.trustedSet.snapshot?.signed.meta ?? {}).sort()).toEqual([
		'targets.json',
		'team.json',
	]);
	expect(updater.trustedSet.root.signed).toMatchObject({ version: 1, consistentSnapshot: true });
	const ends = Object.entries(updater.trustedSet.trustedSet).map(([name, { signed }]) => [
		name,
		signed.expires,
	]);
	expect(ends).toEqual(
		['root', 'timestamp', 'snapshot', 'targets', 'team'].map((name) => [
			name,
			time(publisher.now + 30 * DAY),
		]),
	);
});
