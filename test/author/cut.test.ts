/**
 * Interrupted publications: clients see the old release or the new one, and repeating the command completes
 * it.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openKeys } from '../../src/author/keys/open-key.ts';
import { readDraft } from '../../src/author/repository/draft.ts';
import { readLive } from '../../src/author/repository/live.ts';
import { planPublication } from '../../src/author/repository/publication.ts';
import { type Put, putAll } from '../../src/author/repository/put.ts';
import { takeLock } from '../../src/system/files/lock.ts';
import { testWorld } from '../terminal/test-world.ts';
import { type Author, copyOf, lastingAuthor, publishFirst, SECRET } from './author.ts';
import { clientOf } from './client.ts';

const first = lastingAuthor();
beforeAll(() => publishFirst(first));
afterAll(() => first.remove());

let who: Author;
beforeEach(() => {
	who = copyOf(first);
});

async function planned(): Promise<readonly Put[]> {
	const places = {
		repository: join(who.directory, 'published'),
		draft: join(who.directory, 'published.draft'),
	};
	const signers = await openKeys(['keys/online.pem'], ['pass'], testWorld({ cwd: who.directory }));
	const later = Date.now() + 86_400_000;
	return planPublication(readLive(places.repository), readDraft(places.draft), places, signers, {
		timestamp: later,
		snapshot: later,
	});
}

class Cut extends Error {}

/** Publishes, and stops before the write with this number, as in a power cut. */
async function cutBefore(number: number, repository: string): Promise<void> {
	const puts = await planned();
	await putAll(puts, repository, (done) => {
		if (done === number) throw new Cut();
	}).catch((thrown: unknown) => {
		if (!(thrown instanceof Cut)) throw thrown;
	});
}

test('completes a new release that was interrupted before any write', { timeout: 300_000 }, async () => {
	await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
	await who.done(['sign', ...SECRET, '--key', 'keys/targets.pem']);
	const published = join(who.directory, 'published');
	const kept = join(who.directory, 'kept');
	cpSync(published, kept, { recursive: true });
	const puts = await planned();
	const timestamp = puts.findIndex(({ path }) => path === 'metadata/timestamp.json');
	expect(timestamp).toBe(puts.length - 2);
	for (let number = 0; number <= puts.length; number += 1) {
		rmSync(published, { recursive: true });
		cpSync(kept, published, { recursive: true });
		const client = await clientOf(published);
		await cutBefore(number, published);
		expect(await client.look(), puts[number]?.path ?? 'the end').toEqual({
			main: number <= timestamp ? 'v1.0.0' : 'v1.1.0',
		});
		await cutBefore(-1, published);
		expect(await client.look()).toEqual({ main: 'v1.1.0' });
	}
});

test('completes a new root that was interrupted before any write', { timeout: 300_000 }, async () => {
	await who.done(['keygen', '--only', 'grace', ...SECRET]);
	const published = join(who.directory, 'published');
	const draft = join(who.directory, 'published.draft');
	await who.done(['rotate-root', '--remove-targets', 'keys/targets.pub', '--add-targets', 'keys/grace.pub']);
	await who.done(['sign', ...SECRET, '--key', 'keys/root.pem', 'keys/grace.pem']);
	for (const place of [published, draft]) cpSync(place, `${place}.kept`, { recursive: true });
	const order = (await planned()).map(({ path }) => path);
	const count = order.length;
	expect(order.slice(-5)).toEqual([
		'metadata/2.targets.json',
		'metadata/2.snapshot.json',
		'metadata/2.root.json',
		'metadata/timestamp.json',
		'index.json',
	]);
	for (let number = 0; number <= count; number += 1) {
		for (const place of [published, draft]) {
			rmSync(place, { recursive: true, force: true });
			cpSync(`${place}.kept`, place, { recursive: true });
		}
		await cutBefore(number, published);
		await who.done(['publish', ...SECRET, '--key', 'keys/online.pem']);
		expect(await (await clientOf(published)).look(), `cut before ${number}`).toEqual({ main: 'v1.0.0' });
	}
});

test('writes files first, then target files, targets metadata, snapshot and timestamp', async () => {
	await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
	await who.done(['sign', ...SECRET, '--key', 'keys/targets.pem']);
	const order = (await planned()).map(({ path }) =>
		path.replace(/[0-9a-f]{64}/g, 'SHA').replace(/\/[0-9a-f]{2}\//, '/AA/'),
	);
	expect(order).toEqual(
		[
			'files/AA/SHA',
			'releases/v1.1.0/signalbox-manifest.json',
			'targets/channels/SHA.main.json',
			'targets/releases/v1.1.0/SHA.signalbox-manifest.json',
			'metadata/2.targets.json',
			'metadata/2.snapshot.json',
			'metadata/timestamp.json',
			'index.json',
		].filter((path, at, all) => all.indexOf(path) === at),
	);
});

const draftOf = ({ directory }: Author, path: string) => join(directory, 'published.draft', path);

function aFileOf(who: Author): string {
	const [first = ''] = readdirSync(draftOf(who, 'files'));
	return join('files', first, readdirSync(draftOf(who, join('files', first)))[0] ?? '');
}

test.each<[string, (who: Author) => string]>([
	['a file has other bytes', aFileOf],
	['the manifest has other bytes', () => 'releases/v1.1.0/signalbox-manifest.json'],
])('what was changed after it was signed is not published: %s', async (_what, pathOf) => {
	await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
	await who.done(['sign', ...SECRET, '--key', 'keys/targets.pem']);
	const path = draftOf(who, pathOf(who));
	writeFileSync(path, `${readFileSync(path, 'utf8').trimEnd()}  \n`);
	const ran = await who.release(['publish', ...SECRET, '--key', 'keys/online.pem', '--json']);
	expect(ran.json()).toMatchObject({ error: { code: 'content-changed' } });
	expect(await (await clientOf(join(who.directory, 'published'))).look()).toEqual({ main: 'v1.0.0' });
});

test('rejects a second publication at the same time', async () => {
	await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
	const taken = takeLock(draftOf(who, '.lock'), 0);
	const ran = await who.release(['publish', ...SECRET, '--key', 'keys/online.pem', '--json']);
	if (taken.kind === 'held') taken.lock.release();
	expect(ran).toMatchObject({ exit: 6 });
});
