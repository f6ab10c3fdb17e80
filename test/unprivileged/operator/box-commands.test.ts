/**
 * Commands on a real box with the real updater. They need no karen: the user who runs the root asks the
 * updater.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Box, boxForTest, makeBox } from '../../box/box.ts';
import { signalbox, testWorld } from '../../terminal/test-world.ts';

const INSTALLED = { version: '0.4.17', requires: '>=0.2.1' };

let box: Box;
const takeNewBox = () => {
	box = boxForTest(INSTALLED);
};

const run = (...words: readonly string[]) =>
	signalbox(['--root', box.root, '--config', box.config, ...words]);

describe('check', () => {
	beforeEach(takeNewBox);

	test('prints the whole path; --json begins with the four keys of the design', async () => {
		box.publish({ version: '0.4.18', requires: '>=0.2.1' });
		box.publish({ version: '0.5.4', requires: '>=0.4.18' });
		const ran = await run('check', '--json');
		expect(ran.exit).toBe(0);
		expect(ran.err).toMatch(/^WARNING: trust is "unsigned"/);
		expect(ran.json()).toMatchObject({
			installed: '0.4.17',
			newest: '0.5.4',
			path: [
				{ tag: 'v0.4.18', version: '0.4.18' },
				{ tag: 'v0.5.4', version: '0.5.4' },
			],
			reason: null,
			trust: 'unsigned',
		});
		expect(Object.keys(ran.json()).slice(0, 4)).toEqual(['installed', 'newest', 'path', 'reason']);
		const text = await run('check');
		expect(text.out).toMatch(
			/^installed {2}0\.4\.17\nnewest {5}0\.5\.4\nstep 1 {5}v0\.4\.18 .*\nstep 2 {5}v0\.5\.4 .*\nspace .* fits\nof it .*\n$/,
		);
	});

	test('exits with 0 when the box is up to date', async () => {
		const ran = await run('check', '--json');
		expect(ran.exit).toBe(0);
		expect(ran.json()).toMatchObject({
			installed: '0.4.17',
			newest: '0.4.17',
			path: [],
			reason: { code: 'up-to-date' },
		});
		expect((await run('check')).err).toContain('[up-to-date]');
	});

	test('exits with 3 and the reason when there is no path', async () => {
		box.publish({ version: '0.6.0', requires: '>=0.5.9' });
		const ran = await run('check', '--json');
		expect(ran.exit).toBe(3);
		expect(ran.json()).toMatchObject({
			newest: '0.6.0',
			path: [],
			reason: { hint: expect.stringMatching(/./) },
		});
	});

	test('reports a source that cannot be reached', async () => {
		writeFileSync(
			box.config,
			`state = "${box.state}"\n[source]\nkind = "git"\nurl = "/nowhere/at/all"\n[trust]\nmode = "unsigned"\n[fetcher]\nuser = 64123\n`,
		);
		const ran = await run('check', '--json');
		expect(ran.exit).toBe(1);
		expect(ran.json()).toMatchObject({ newest: null, path: [], reason: { code: 'source-unreachable' } });
	});

	test('passes on the updater’s error about an unreadable info.json', async () => {
		writeFileSync(join(box.root, 'info.json'), '{"version": "0.4.');
		const ran = await run('check', '--json');
		expect(ran.exit).toBe(3);
		expect(ran.json()).toMatchObject({ error: { code: 'info-unreadable' } });
	});

	test.each([
		['[source', 'config-invalid', 2],
		['nonsense = 1', 'config-invalid', 2],
	])('reports the configuration error in %j', async (line, code, exit) => {
		writeFileSync(box.config, line);
		const ran = await run('check', '--json');
		expect(ran.exit).toBe(exit);
		expect(ran.json()).toMatchObject({ error: { code } });
	});
});

describe('after an update', () => {
	// One box for all tests: they only read.
	beforeAll(async () => {
		box = makeBox(INSTALLED);
		box.publish({ version: '0.4.18', requires: '>=0.2.1' });
		const ended = await box.updater('update', '{"updateTo": "v0.4.18"}');
		expect(ended.code, ended.stderr).toBe(0);
	});
	afterAll(() => box.remove());

	test('status shows the installed release and the trust', async () => {
		const ran = await run('status', '--json');
		expect(ran.exit).toBe(0);
		expect(ran.json()).toMatchObject({
			root: box.root,
			installed: '0.4.18',
			state: 'idle',
			trust: 'unsigned',
			karen: null,
			change: { from: '0.4.17', to: '0.4.18', state: 'committed' },
			updateStatus: { state: 'success', progress: 100 },
		});
		const text = await run('status');
		expect(text.out).toMatch(/^installed +0\.4\.18/m);
		expect(text.out).toMatch(/^karen +NOT RUNNING/m);
		expect(text.out).toMatch(/^last change +\S+: update 0\.4\.17 to 0\.4\.18, committed at /m);
	});

	test('history lists the update', async () => {
		expect((await run('history', '--json')).json()).toMatchObject({
			schema: 1,
			changes: [{ from: '0.4.17', to: '0.4.18', outcome: 'committed' }],
		});
		const lines = (await run('history')).out.trimEnd().split('\n');
		expect(lines).toHaveLength(2);
		expect(lines[0]).toMatch(/^CHANGE +ENDED +KIND +FROM +TO +OUTCOME +WHY$/);
		expect(lines[1]).toMatch(/^\d{8}-\d{6}-[0-9a-f]{4} .* update +0\.4\.17 +0\.4\.18 +committed$/);
	});

	test('logs prints every hook in order, or only the named change and hook', async () => {
		const { change, logs } = (await run('logs', '--json')).json() as {
			change: string;
			logs: { name: string }[];
		};
		expect(logs.map(({ name }) => name)).toEqual(['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh']);
		expect((await run('logs')).out.match(/^==> .* <==$/gm)).toEqual(
			logs.map(({ name }) => `==> ${change} ${name} <==`),
		);
		const one = await run('logs', change, '--hook', '01-run.sh');
		expect(one.exit).toBe(0);
		expect(one.out).not.toContain('==>');
	});

	test.each([
		['a change that is not there', ['logs', '20000101-000000-0000']],
		['a hook that is not there', ['logs', '--hook', '09-run.sh']],
		['a hook that is a path', ['logs', '--hook', '../journal']],
	])('logs rejects %s', async (_name, words) => {
		const ran = await run(...words, '--json');
		expect(ran.exit).toBe(2);
		expect(ran.json()).toMatchObject({ error: { code: 'usage' } });
	});

	test('logs removes control characters of hooks on a terminal', async () => {
		const { change } = (await run('logs', '--json')).json() as { change: string };
		writeFileSync(join(box.state, 'changes', change, 'logs/01-run.sh.log'), 'a\u001B]0;owned\u0007b\n');
		const world = testWorld({ terminal: 'yes' });
		const ran = await signalbox(
			['--root', box.root, '--config', box.config, 'logs', '--hook', '01-run.sh'],
			world,
		);
		expect(ran.out).toBe('a ]0;owned b\n');
	});

	test('update without --to reports that the box is up to date', async () => {
		expect(await run('update')).toMatchObject({
			exit: 0,
			out: 'Up to date (0.4.18).\n',
		});
		expect((await run('update', '--json')).json()).toMatchObject({
			change: null,
			changes: [],
			reason: { code: 'up-to-date' },
		});
	});
});

describe('on a box without history', () => {
	beforeEach(takeNewBox);

	test('no command fails', async () => {
		expect(await run('status')).toMatchObject({
			exit: 0,
			err: '',
			out: expect.stringMatching(/^last change +none$/m),
		});
		expect(await run('history')).toMatchObject({ exit: 0, out: '', err: 'No change has ended yet.\n' });
		expect(await run('logs')).toMatchObject({ exit: 0, out: '', err: 'No change has logs yet.\n' });
		expect((await run('history', '--json')).json()).toEqual({ schema: 1, changes: [] });
		expect((await run('logs', '--json')).json()).toEqual({ change: null, logs: [] });
	});

	test.each([
		['status'],
		['history'],
		['update'],
		['check'],
		['rollback', '--yes'],
		['signal', 'x'],
		['karen'],
		['manager'],
	])('%s reports a missing root', async (...words) => {
		const nowhere = join(box.dir, 'nowhere');
		mkdirSync(nowhere);
		for (const place of [[], ['--root', nowhere]]) {
			const ran = await signalbox([...place, ...words, '--json'], testWorld({ cwd: nowhere }));
			expect(ran.exit).toBe(2);
			expect(ran.json()).toMatchObject({
				error: { code: 'root-missing', hint: expect.stringContaining('signalbox init') },
			});
		}
	});

	test('finds the root from a directory in it', async () => {
		const ran = await signalbox(['status', '--json'], testWorld({ cwd: join(box.root, 'app-data/shop') }));
		expect(ran.json()).toMatchObject({ root: box.root });
	});

	test.each(['', '{"version": "0.4.', '[]'])('tolerates a status file that contains %j', async (text) => {
		for (const name of ['update-status.json', 'change.json', 'history.json', 'karen.json', 'available.json'])
			writeFileSync(join(box.root, 'statuses', name), text);
		expect((await run('status', '--json')).json()).toMatchObject({
			state: 'idle',
			change: null,
			karen: null,
			updateStatus: null,
		});
		expect((await run('history')).exit).toBe(0);
	});
});
