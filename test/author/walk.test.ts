/** Authors' workflows, from an empty directory to key rotation and withdrawn releases. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
	type Author,
	author,
	copyOf,
	lastingAuthor,
	publishVersion,
	SECRET,
	signAndPublish,
} from './author.ts';
import { clientOf } from './client.ts';

const DAY = 86_400_000;

let who: Author;
beforeEach(() => {
	who = author();
});

const published = (path: string) => join(who.directory, 'published', path);

describe('a team with several keys', { timeout: 300_000 }, () => {
	const team = lastingAuthor();
	beforeAll(() => team.done(['keygen', ...SECRET]));
	afterAll(() => team.remove());
	beforeEach(() => {
		who = copyOf(team);
	});

	test('publishes a release signed by two people, which an independent client accepts', async () => {
		const tag = who.tag('1.0.0');
		const built = await who.done(['build', tag, '--git', 'lamp', '--product', 'lamp', '--json']);
		expect(built.json()).toMatchObject({ product: 'lamp', tag: 'v1.0.0', files: 11, warnings: [] });

		const once = await who.done(['sign', ...SECRET, '--key', 'keys/targets-1.pem', '--json']);
		expect(once.json()).toMatchObject({ complete: false });
		const early = await who.release(['publish', ...SECRET, '--key', 'keys/online.pem']);
		expect(early).toMatchObject({ exit: 3, err: expect.stringContaining('targets 1: 1 of 2 signatures') });
		expect(existsSync(published('metadata'))).toBe(false);

		await signAndPublish(who, ['targets-2']);
		const client = await clientOf(published(''));
		expect(await client.look()).toEqual({ main: 'v1.0.0' });
		const manifest = await client.target('releases/v1.0.0/signalbox-manifest.json');
		expect(manifest).toEqual(readFileSync(published('releases/v1.0.0/signalbox-manifest.json')));
		const { files } = JSON.parse(manifest.toString('utf8')) as { files: { sha256: string; size: number }[] };
		for (const { sha256, size } of files)
			expect(statSync(published(`files/${sha256.slice(0, 2)}/${sha256}`)).size).toBe(size);
		expect(JSON.parse(readFileSync(published('index.json'), 'utf8'))).toEqual({
			schema: 1,
			product: 'lamp',
			channels: { main: 'v1.0.0' },
			tags: ['v1.0.0'],
		});
		expect(existsSync(join(who.directory, 'published.draft'))).toBe(false);
	});

	test('needs only a copy of the draft for the second signature', async () => {
		await who.done(['build', who.tag('1.0.0'), '--git', 'lamp', '--product', 'lamp']);
		await who.done(['sign', ...SECRET, '--key', 'keys/targets-1.pem']);
		const stick = join(who.directory, 'stick');
		renameSync(join(who.directory, 'published.draft'), stick);
		rmSync(join(stick, 'files'), { recursive: true });
		const shown = await who.done(['sign', '--draft', 'stick', ...SECRET, '--key', 'keys/targets-2.pem']);
		expect(shown.out).toContain('release v1.0.0 of lamp: 11 files');
		expect(shown.out).toContain('targets 1: 2 of 2 signatures');
		// The files stay on the laptop that built them; building again gives the same draft.
		const missing = await who.release(['publish', '--draft', 'stick', ...SECRET, '--key', 'keys/online.pem']);
		expect(missing).toMatchObject({
			exit: 3,
			err: expect.stringContaining('is missing, or not what was built'),
		});
		await who.done(['build', 'v1.0.0', '--draft', 'stick', '--git', 'lamp', '--product', 'lamp']);
		await who.done(['publish', '--draft', 'stick', ...SECRET, '--key', 'keys/online.pem']);
		expect(await (await clientOf(published(''))).look()).toEqual({ main: 'v1.0.0' });
	});

	test('publishes a second release, and one without a channel', async () => {
		await publishVersion(who, '1.0.0');
		const client = await clientOf(published(''));
		expect(await client.look()).toEqual({ main: 'v1.0.0' });
		await publishVersion(who, '2.0.0');
		expect(await client.look()).toEqual({ main: 'v2.0.0' });
		const older = await who.release(['build', who.tag('1.5.0'), '--git', 'lamp']);
		expect(older).toMatchObject({
			exit: 3,
			err: expect.stringContaining('it announces v2.0.0, which is newer'),
		});
		await who.done(['build', 'v1.5.0', '--git', 'lamp', '--no-channel']);
		await signAndPublish(who, ['targets-1', 'targets-2']);
		expect(await client.look()).toEqual({ main: 'v2.0.0' });
		expect(await client.target('releases/v1.5.0/signalbox-manifest.json')).toBeDefined();
		expect(JSON.parse(readFileSync(published('index.json'), 'utf8'))).toMatchObject({
			tags: ['v1.0.0', 'v1.5.0', 'v2.0.0'],
		});
	});

	test('rejects changes of a published release, and ignores an identical build', async () => {
		await publishVersion(who, '1.0.0');
		await who.done(['build', 'v1.0.0', '--git', 'lamp']);
		const moved = who.tag('1.0.0', (tree) => rmSync(join(tree, 'README.md')));
		const again = await who.release(['build', moved, '--git', 'lamp', '--json']);
		expect(again.exit).toBe(3);
		expect(again.json()).toMatchObject({ error: { code: 'already-published' } });
	});

	test('requires new signatures after a signed draft was changed', async () => {
		await who.done(['build', who.tag('1.0.0'), '--git', 'lamp', '--product', 'lamp']);
		await who.done(['sign', ...SECRET, '--key', 'keys/targets-1.pem', 'keys/targets-2.pem']);
		const same = await who.done(['build', 'v1.0.0', '--git', 'lamp', '--product', 'lamp', '--json']);
		expect(same.json()).toMatchObject({ signaturesLost: 0 });
		who.tag('1.0.0', (tree) => rmSync(join(tree, 'README.md')));
		const other = await who.done(['build', 'v1.0.0', '--git', 'lamp', '--product', 'lamp', '--json']);
		expect(other.json()).toMatchObject({ signaturesLost: 2 });
		expect(await who.release(['publish', ...SECRET, '--key', 'keys/online.pem'])).toMatchObject({ exit: 3 });
	});

	test('rejects a draft after another publication', async () => {
		await publishVersion(who, '1.0.0');
		await who.done(['build', who.tag('1.1.0'), '--git', 'lamp', '--draft', 'mine']);
		await publishVersion(who, '1.2.0');
		const late = await who.release(['build', who.tag('1.3.0'), '--git', 'lamp', '--draft', 'mine', '--json']);
		expect(late.json()).toMatchObject({ error: { code: 'draft-stale' } });
		expect(
			(
				await who.release(['publish', '--draft', 'mine', ...SECRET, '--key', 'keys/online.pem', '--json'])
			).json(),
		).toMatchObject({
			error: { code: 'draft-stale' },
		});
	});

	test('renews expired dates with refresh', async () => {
		await publishVersion(who, '1.0.0', Date.now() - 40 * DAY);
		const client = await clientOf(published(''));
		await expect(client.look()).rejects.toThrow(/expired/);
		const renewed = await who.done(['refresh', ...SECRET, '--key', 'keys/online.pem', '--json']);
		expect(renewed.json()).toMatchObject({ renewed: ['metadata/timestamp.json'], warnings: [] });
		expect(await client.look()).toEqual({ main: 'v1.0.0' });
	});

	test('renews a snapshot that would expire before the timestamp, and warns of roles with offline keys', async () => {
		await publishVersion(who, '1.0.0', Date.now() - 350 * DAY);
		const renewed = await who.done(['refresh', ...SECRET, '--key', 'keys/online.pem', '--json']);
		expect(renewed.json()).toMatchObject({
			renewed: ['metadata/2.snapshot.json', 'metadata/timestamp.json'],
			warnings: [expect.stringMatching(/^targets 1 is valid only until .*refresh --targets/)],
		});
		await who.done(['refresh', '--targets']);
		await signAndPublish(who, ['targets-1', 'targets-2']);
		const after = await who.done(['refresh', ...SECRET, '--key', 'keys/online.pem', '--json']);
		expect(after.json()).toMatchObject({ warnings: [] });
		expect(await (await clientOf(published(''))).look()).toEqual({ main: 'v1.0.0' });
	});

	test('rejects the online key for roles with other keys', async () => {
		await publishVersion(who, '1.0.0');
		const wrong = await who.release(['refresh', ...SECRET, '--key', 'keys/targets-1.pem', '--json']);
		expect(wrong.json()).toMatchObject({ error: { code: 'signature-missing' } });
		expect((await who.release(['publish', ...SECRET, '--key', 'keys/online.pem'])).exit).toBe(2);
	});

	test('removes a stolen targets key, after which clients reject its signatures', async () => {
		await publishVersion(who, '1.0.0');
		const client = await clientOf(published(''));
		await client.look();
		await who.done(['keygen', '--only', 'grace', ...SECRET]);
		await who.done([
			'rotate-root',
			'--remove-targets',
			'keys/targets-2.pub',
			'--add-targets',
			'keys/grace.pub',
		]);
		const few = await who.release(['publish', ...SECRET, '--key', 'keys/online.pem']);
		expect(few).toMatchObject({ exit: 3, err: expect.stringContaining('root 2: 0 of 2 signatures') });
		await signAndPublish(who, ['root-1', 'root-3', 'targets-1', 'grace']);
		expect(await client.look()).toEqual({ main: 'v1.0.0' });
		await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
		const thief = await who.release(['sign', ...SECRET, '--key', 'keys/targets-2.pem', '--json']);
		expect(thief.json()).toMatchObject({ error: { code: 'key-unusable' } });
		await signAndPublish(who, ['targets-1', 'grace']);
		expect(await client.look()).toEqual({ main: 'v1.1.0' });
	});

	test('publishes a rotation and a release in one draft', async () => {
		await publishVersion(who, '1.0.0');
		const client = await clientOf(published(''));
		await client.look();
		await who.done(['keygen', '--only', 'grace', ...SECRET]);
		await who.done([
			'rotate-root',
			'--remove-targets',
			'keys/targets-2.pub',
			'--add-targets',
			'keys/grace.pub',
			'--targets-threshold',
			'1',
		]);
		await who.done(['build', who.tag('1.1.0'), '--git', 'lamp']);
		await signAndPublish(who, ['root-1', 'root-2', 'grace']);
		expect(await client.look()).toEqual({ main: 'v1.1.0' });
	});

	test('requires old and new root keys to sign a change of root keys', async () => {
		await publishVersion(who, '1.0.0');
		await who.done(['keygen', '--only', 'grace', ...SECRET]);
		await who.done([
			'rotate-root',
			'--remove-root',
			'keys/root-1.pub',
			'keys/root-2.pub',
			'--add-root',
			'keys/grace.pub',
		]);
		await who.done(['sign', ...SECRET, '--key', 'keys/root-3.pem', 'keys/grace.pem']);
		const half = await who.release(['publish', ...SECRET, '--key', 'keys/online.pem']);
		expect(half).toMatchObject({
			exit: 3,
			err: expect.stringContaining('root 2: 1 of 2 signatures of the root before'),
		});
		await signAndPublish(who, ['root-1']);
		expect(await (await clientOf(published(''))).look()).toEqual({ main: 'v1.0.0' });
		const gone = await who.release(['rotate-root', '--remove-root', 'keys/root-1.pub']);
		expect(gone).toMatchObject({ exit: 2, err: expect.stringContaining('the root does not name it') });
	});

	test('rejects the old online key after a change of online keys', async () => {
		await publishVersion(who, '1.0.0');
		const client = await clientOf(published(''));
		await client.look();
		await who.done(['keygen', '--only', 'robot', ...SECRET]);
		await who.done(['rotate-root', '--remove-online', 'keys/online.pub', '--add-online', 'keys/robot.pub']);
		await who.done(['sign', ...SECRET, '--key', 'keys/root-1.pem', 'keys/root-2.pem']);
		expect((await who.release(['publish', ...SECRET, '--key', 'keys/online.pem'])).exit).toBe(3);
		await who.done(['publish', ...SECRET, '--key', 'keys/robot.pem']);
		expect(await client.look()).toEqual({ main: 'v1.0.0' });
	});

	test('hides a withdrawn release from clients but keeps its files for running downloads', async () => {
		await publishVersion(who, '1.0.0');
		await publishVersion(who, '1.1.0');
		const client = await clientOf(published(''));
		const alone = await who.release(['revoke', 'v1.1.0']);
		expect(alone).toMatchObject({ exit: 2, err: expect.stringContaining('main announces it') });
		const files = readdirSync(published('files'));
		await who.done(['revoke', 'v1.1.0', '--instead', 'v1.0.0']);
		expect(await client.look()).toEqual({ main: 'v1.1.0' });
		await signAndPublish(who, ['targets-1', 'targets-2']);
		expect(await client.look()).toEqual({ main: 'v1.0.0' });
		await expect(client.target('releases/v1.1.0/signalbox-manifest.json')).rejects.toThrow('not listed');
		expect(existsSync(published('releases/v1.1.0'))).toBe(false);
		who.tag('1.1.0', (tree) => rmSync(join(tree, 'README.md')));
		const again = await who.release(['build', 'v1.1.0', '--git', 'lamp', '--json']);
		expect(again.json()).toMatchObject({ error: { code: 'already-published' } });
		expect(readdirSync(published('files'))).toEqual(files);
	});

	test('only raises the minimum safe version, and never above the announced one', async () => {
		await publishVersion(who, '1.0.0');
		await publishVersion(who, '1.1.0');
		await who.done(['revoke', '--minimum-safe', '1.1.0']);
		await signAndPublish(who, ['targets-1', 'targets-2']);
		const client = await clientOf(published(''));
		expect(JSON.parse((await client.target('channels/main.json')).toString())).toEqual({
			schema: 1,
			tag: 'v1.1.0',
			minimumSafeVersion: '1.1.0',
		});
		expect(await who.release(['revoke', '--minimum-safe', '1.0.0'])).toMatchObject({
			exit: 2,
			err: expect.stringContaining('cannot lower'),
		});
		expect(await who.release(['revoke', '--minimum-safe', '9.0.0'])).toMatchObject({
			exit: 2,
			err: expect.stringContaining('announces v1.1.0'),
		});
		await publishVersion(who, '1.2.0');
		expect(JSON.parse((await client.target('channels/main.json')).toString())).toEqual({
			schema: 1,
			tag: 'v1.2.0',
			minimumSafeVersion: '1.1.0',
		});
	});
});

test('warns a single person with one key per role, and publishes', { timeout: 300_000 }, async () => {
	const made = await who.done(['keygen', '--small', ...SECRET]);
	expect(made.err).toContain(
		'WARNING: one root key alone is enough: a thief of it controls every box permanently',
	);
	expect(made.err).toContain('WARNING: one targets key alone is enough');
	await publishVersion(who, '1.0.0', undefined, ['targets']);
	expect(await (await clientOf(published(''))).look()).toEqual({ main: 'v1.0.0' });
});
