/** Checks and starts over real HTTP, with karen answering, slow, and absent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Layout } from '../../../src/model/base/layout.ts';
import type { Available } from '../../../src/model/release/plan.ts';
import type { Limits } from '../../../src/unprivileged/manager/limits.ts';
import { type Manager, startManager } from '../../../src/unprivileged/manager/server.ts';
import {
	type Answer,
	AT_REST,
	ask,
	changeNow,
	INSTALLED,
	makeBox,
	NEXT,
	noPath,
	planNow,
	publish,
	type Question,
	removeBox,
	until,
} from './box-for-tests.ts';
import { StandInKaren, type Trigger } from './stand-in-karen.ts';

let box: Layout;
let manager: Manager;
let told: string[];
let karen: StandInKaren | undefined;
beforeEach(() => {
	box = makeBox();
	told = [];
});
afterEach(async () => {
	karen?.stop();
	karen = undefined;
	await manager.close();
	removeBox(box);
});

async function start(limits: Partial<Limits> = {}): Promise<void> {
	manager = await startManager({
		root: box.root,
		listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
		limits: { heard: 300, ...limits },
		tell: (error) => told.push(error.code),
	});
}

function employ(triggers: Readonly<Record<string, Trigger>>): StandInKaren {
	karen = new StandInKaren(box, triggers);
	return karen;
}

/** A check that publishes this plan. */
function checkFinds(plan: () => Partial<Available> = () => ({})): Trigger {
	return () => {
		publish(box.available, planNow(plan()));
		return 'done';
	};
}

const get = (path: string, question?: Question) => ask(manager.address, path, question);
const post = (path: string, value?: unknown) =>
	ask(manager.address, path, {
		method: 'POST',
		...(value === undefined ? {} : { body: JSON.stringify(value) }),
	});
const codeOf = (answer: Answer) => (answer.json() as { error: { code: string } }).error.code;
const status = () => JSON.parse(readFileSync(box.updateStatus, 'utf8')) as Record<string, unknown>;

describe('checking', () => {
	test('without a plan, concurrent requests share one check', async () => {
		const looked = Promise.withResolvers<void>();
		const find = checkFinds();
		const { rings } = employ({ check: (rung) => looked.promise.then(() => find(rung)) });
		await start();
		const own = [get('/api/v1/update'), get('/api/v1/update')];
		await until(() => rings.length > 0);
		own.push(get('/api/v1/update'));
		const legacy = Array.from({ length: 10 }, () => get('/v1/system/get-update'));
		await until(async () => (await get('/ping')).status === 200);
		setTimeout(looked.resolve, 100);
		for (const answer of await Promise.all(own)) {
			expect(answer.status).toBe(200);
			expect(answer.json()).toMatchObject({
				installed: '0.4.17',
				newest: '0.5.0',
				reason: null,
				checking: false,
			});
		}
		for (const answer of await Promise.all(legacy)) expect(answer.json()).toEqual(NEXT);
		expect((await get('/api/v1/update')).status).toBe(200);
		expect(rings.map((rung) => rung.name)).toEqual(['check']);
	});

	test.each<[string, Partial<Available>]>([
		['a minute old', { checkedAt: new Date(Date.now() - 61_000).toISOString() }],
		['of the future', { checkedAt: new Date(Date.now() + 3_600_000).toISOString() }],
		['made for another installed release', { installed: '0.4.16' }],
		['without a time', { checkedAt: '' }],
	])('a plan %s is not given again', async (_, stale) => {
		publish(box.available, planNow({ ...stale, newest: '9.9.9' }));
		const { rings } = employ({ check: checkFinds() });
		await start();
		expect((await get('/api/v1/update')).json()).toMatchObject({ newest: '0.5.0' });
		expect(rings.length).toBe(1);
	});

	test('returns a fresh plan without a signal, with an ETag', async () => {
		publish(box.available, planNow());
		await start();
		const first = await get('/api/v1/update');
		expect(first.status).toBe(200);
		const again = await get('/api/v1/update', {
			headers: { 'if-none-match': String(first.headers['etag']) },
		});
		expect([again.status, again.text]).toEqual([304, '']);
		expect(existsSync(join(box.signals, 'check'))).toBe(false);
	});

	test('during a change returns the last plan and sends no signal', async () => {
		publish(box.available, planNow({ installed: '0.4.16', checkedAt: '2020-01-01T00:00:00.000Z' }));
		publish(box.changeStatus, changeNow());
		const { rings } = employ({ check: checkFinds() });
		await start();
		expect((await get('/api/v1/update')).json()).toMatchObject({ installed: '0.4.16' });
		expect((await get('/v1/system/get-update')).json()).toEqual(NEXT);
		rmSync(box.available);
		const none = await get('/api/v1/update');
		expect([none.status, codeOf(none)]).toEqual([409, 'busy']);
		expect(rings).toEqual([]);
	});

	test('a check beyond the time limit: the last plan, marked as such; an error without one', async () => {
		publish(box.available, planNow({ checkedAt: '2020-01-01T00:00:00.000Z' }));
		employ({ check: () => 'running' });
		await start({ checked: 100 });
		expect((await get('/api/v1/update')).json()).toMatchObject({
			checking: true,
			checkedAt: '2020-01-01T00:00:00.000Z',
		});
		publish(box.available, planNow({ installed: '0.4.16' }));
		const none = await get('/api/v1/update');
		expect([none.status, codeOf(none)]).toEqual([504, 'source-timeout']);
	});

	test('a failed check: its own error, and the string that dashboards know', async () => {
		const error = {
			code: 'source-unreachable',
			message: 'cannot reach it',
			hint: 'wait',
			retry: 'later',
			facts: {},
		} as const;
		employ({ check: () => ({ state: 'failed', exitCode: 1, error, output: `${'x'.repeat(600)}why` }) });
		await start();
		const own = await get('/api/v1/update');
		expect([own.status, own.json()]).toEqual([
			502,
			{ error: { ...error, facts: { output: `${'x'.repeat(497)}why` } } },
		]);
		const legacy = await get('/v1/system/get-update');
		expect([legacy.status, legacy.json()]).toEqual([500, 'Unable to check for update']);
	});

	test('no answer: 503 within the limit, and the string that dashboards know', async () => {
		await start();
		const [own, legacy, started] = await Promise.all([
			get('/api/v1/update'),
			get('/v1/system/get-update'),
			post('/api/v1/update'),
		]);
		expect([own.status, codeOf(own)]).toEqual([503, 'karen-silent']);
		expect([started.status, codeOf(started)]).toEqual([503, 'karen-silent']);
		expect([legacy.status, legacy.json()]).toEqual([500, 'Unable to check for update']);
	});

	test('no info.json: an error, and no signal', async () => {
		rmSync(box.info);
		const { rings } = employ({ check: checkFinds() });
		await start();
		const own = await get('/api/v1/update');
		expect([own.status, codeOf(own)]).toEqual([503, 'info-missing']);
		expect((await get('/v1/system/get-update')).json()).toBe('Unable to check for update');
		expect([(await get('/v1/system/info')).status, (await get('/v1/system/info')).json()]).toEqual([
			500,
			'Unable to get system information',
		]);
		expect(rings).toEqual([]);
	});

	test('no signals directory: an error that says so', async () => {
		rmSync(box.signals, { recursive: true });
		await start();
		const own = await get('/api/v1/update');
		expect([own.status, codeOf(own)]).toEqual([503, 'root-missing']);
	});
});

describe('the legacy offer', () => {
	test.each([
		['up-to-date', 200, 'Your Umbrel is up-to-date'],
		['ahead-of-channel', 200, 'Your Umbrel is up-to-date'],
		['barrier', 200, 'Your Umbrel is up-to-date'],
		['no-compatible-path', 200, 'Your Umbrel is up-to-date'],
		['missing-tag', 500, 'Unable to check for update'],
		['source-unreachable', 500, 'Unable to check for update'],
	] as const)('%s: %i %s', async (code, expectedStatus, text) => {
		publish(box.available, planNow(noPath(code)));
		await start();
		const offer = await get('/v1/system/get-update');
		expect([offer.status, offer.json()]).toEqual([expectedStatus, text]);
		const started = await post('/v1/system/update');
		expect([started.status, started.json()]).toEqual([expectedStatus, text]);
		expect((await get('/api/v1/update')).json()).toMatchObject({ reason: { code } });
	});

	test.each([
		['Citadel 0.0.7', undefined, 'Citadel'],
		['', undefined, 'Signalbox'],
		['<b>x', undefined, 'Signalbox'],
		['Umbrel 0.4.18', 'My box', 'My box'],
	])('the name %j, configured %j: %s', async (name, legacyName, shown) => {
		writeFileSync(box.info, JSON.stringify({ ...INSTALLED, name }));
		publish(box.available, planNow(noPath('up-to-date')));
		manager = await startManager({
			root: box.root,
			listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
			legacyName,
		});
		expect((await get('/v1/system/get-update')).json()).toBe(`Your ${shown} is up-to-date`);
	});
});

describe('starting', () => {
	const update: Trigger = () => 'running';

	test('writes the request into the status file and the payload', async () => {
		const { rings } = employ({ check: checkFinds(), update });
		await start();
		const answer = await post('/api/v1/update');
		expect(answer.status).toBe(202);
		const { ticket, to } = answer.json() as { ticket: string; to: string };
		expect(to).toBe('v0.4.18');
		expect(status()).toEqual({ ...AT_REST, updateTo: 'v0.4.18' });
		expect(rings.map((rung) => rung.name)).toEqual(['check', 'update']);
		expect(JSON.parse(rings[1]?.payload ?? '')).toEqual({ updateTo: 'v0.4.18', id: ticket });
		expect(ticket).toMatch(/^[0-9a-f]{12}$/);
	});

	test('the legacy route does the same, with its own answer', async () => {
		const { rings } = employ({ check: checkFinds(), update });
		await start();
		const answer = await post('/v1/system/update');
		expect([answer.status, answer.json()]).toEqual([200, { message: 'Updating to Umbrel v0.4.18' }]);
		expect(rings.map((rung) => rung.name)).toEqual(['check', 'update']);
	});

	test('twenty concurrent requests share one signal and one answer', async () => {
		const { rings } = employ({ check: checkFinds(), update });
		// The last of them may come late where the machine is busy: later than a second after the answer to the
		// first.
		await start({ repeat: 60_000 });
		const answers = await Promise.all(
			Array.from({ length: 20 }, (_, index) =>
				post('/api/v1/update', index % 2 === 0 ? {} : { to: 'v0.4.18' }),
			),
		);
		expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
		expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
		expect(rings.map((rung) => rung.name)).toEqual(['check', 'update']);
	});

	test('two requests within a second are one, even after karen has admitted the signal', async () => {
		const { rings } = employ({ check: checkFinds(), update: () => 'done' });
		await start({ repeat: 60_000 });
		const first = await post('/api/v1/update');
		const second = await post('/api/v1/update', { to: '0.4.18' });
		expect([second.status, second.text]).toEqual([202, first.text]);
		expect((await post('/v1/system/update')).json()).toEqual({ message: 'Updating to Umbrel v0.4.18' });
		const other = await post('/api/v1/update', { to: '0.5.0' });
		expect([other.status, codeOf(other)]).toEqual([409, 'busy']);
		expect(rings.filter((rung) => rung.name === 'update').length).toBe(1);
	});

	test('a later request is another one', async () => {
		const { rings } = employ({ check: checkFinds(), update: () => 'done' });
		await start({ repeat: 0 });
		const first = await post('/api/v1/update');
		await until(
			async () =>
				((await get('/api/v1/status')).json() as { signal: { state: string } }).signal.state === 'done',
		);
		const second = await post('/api/v1/update');
		expect([first.status, second.status]).toEqual([202, 202]);
		expect(second.text).not.toBe(first.text);
		expect(rings.filter((rung) => rung.name === 'update').length).toBe(2);
	});

	test('a failed request is not cached', async () => {
		publish(box.available, planNow(noPath('up-to-date')));
		await start({ repeat: 60_000 });
		const failed = await Promise.all([post('/api/v1/update'), post('/api/v1/update', { to: 'v0.4.18' })]);
		expect(failed.map((answer) => answer.status)).toEqual([422, 422]);
		employ({ update });
		publish(box.available, planNow());
		expect((await post('/api/v1/update')).status).toBe(202);
	});

	test('the last release of the path can be requested', async () => {
		publish(box.available, planNow());
		const { rings } = employ({ update });
		await start();
		expect((await post('/api/v1/update', { to: 'v0.5.0' })).json()).toMatchObject({ to: '0.5.0' });
		expect(JSON.parse(rings[0]?.payload ?? '')).toMatchObject({ updateTo: '0.5.0' });
		expect(status()).toMatchObject({ updateTo: '0.5.0' });
	});

	test.each([
		['v0.4.17', 422, 'up-to-date'],
		['v0.4.16', 422, 'wish-not-newer'],
		['v0.4.99', 422, 'wish-not-on-path'],
		['../x', 422, 'wish-unreadable'],
		['--upload-pack=x', 422, 'wish-unreadable'],
		['', 422, 'wish-unreadable'],
		['null', 422, 'wish-unreadable'],
		['v0.4.18"', 422, 'wish-unreadable'],
	])('the wish %j: %i %s, and nothing is rung or written', async (to, expectedStatus, code) => {
		publish(box.available, planNow());
		const { rings } = employ({ update });
		await start();
		const answer = await post('/api/v1/update', { to });
		expect([answer.status, codeOf(answer)]).toEqual([expectedStatus, code]);
		expect(rings).toEqual([]);
		expect(status()).toEqual(AT_REST);
	});

	test('an invalid tag in a plan never reaches the status file or the signal', async () => {
		publish(box.available, planNow({ path: [{ tag: '../../x', version: '0.4.18', info: NEXT }] }));
		const { rings } = employ({ update });
		await start();
		const answer = await post('/api/v1/update');
		expect([answer.status, codeOf(answer)]).toEqual([422, 'wish-unreadable']);
		expect([rings, status()]).toEqual([[], AT_REST]);
	});

	test('a change in progress: busy', async () => {
		publish(box.available, planNow());
		publish(box.changeStatus, changeNow());
		const { rings } = employ({ update });
		await start();
		const own = await post('/api/v1/update');
		expect([own.status, codeOf(own)]).toEqual([409, 'busy']);
		const legacy = await post('/v1/system/update');
		expect([legacy.status, legacy.json()]).toEqual([500, 'An update is already in progress']);
		expect([rings, told]).toEqual([[], []]);
	});

	test('a change that began during the check: busy, no signal, nothing written', async () => {
		const find = checkFinds();
		const { rings } = employ({
			check: (rung) => {
				publish(box.changeStatus, changeNow());
				return find(rung);
			},
			update,
		});
		await start();
		const answer = await post('/api/v1/update');
		expect([answer.status, codeOf(answer)]).toEqual([409, 'busy']);
		expect(rings.map((rung) => rung.name)).toEqual(['check']);
		expect(status()).toEqual(AT_REST);
	});

	test('a change that holds the source delays the check, but not the answer', async () => {
		const { rings } = employ({
			check: () => {
				publish(box.changeStatus, changeNow());
				return 'running';
			},
			update,
		});
		await start();
		const [own, legacy, plan, offer] = await Promise.all([
			post('/api/v1/update'),
			post('/v1/system/update'),
			get('/api/v1/update'),
			get('/v1/system/get-update'),
		]);
		expect([own.status, codeOf(own)]).toEqual([409, 'busy']);
		expect([legacy.status, legacy.json()]).toEqual([500, 'An update is already in progress']);
		expect([plan.status, codeOf(plan)]).toEqual([409, 'busy']);
		expect([offer.status, offer.json()]).toEqual([500, 'Unable to check for update']);
		expect(rings.map((rung) => rung.name)).toEqual(['check']);
	});

	test('a running update signal without a change yet: busy; one left by a dead karen: not', async () => {
		publish(box.available, planNow());
		publish(join(box.signalReports, 'update.json'), {
			name: 'update',
			state: 'running',
			run: 'r',
			stamp: 'x',
			seen: 'x',
		});
		const process = spawn('sleep', ['60'], { argv0: './karen' });
		try {
			await once(process, 'spawn');
			publish(box.karenStatus, { pid: process.pid, startedAt: 'now', version: '0' });
			await start();
			expect(codeOf(await post('/api/v1/update'))).toBe('busy');
		} finally {
			process.kill('SIGKILL');
			await once(process, 'exit');
		}
		await until(async () => codeOf(await post('/api/v1/update')) === 'karen-silent');
	});

	test('the status file cannot be written', async () => {
		publish(box.available, planNow());
		rmSync(box.updateStatus);
		mkdirSync(box.updateStatus);
		const { rings } = employ({ update });
		await start();
		const legacy = await post('/v1/system/update');
		expect([legacy.status, legacy.json()]).toEqual([500, 'Could not update the update-status file']);
		const own = await post('/api/v1/update');
		expect([own.status, codeOf(own)]).toEqual([500, 'io-error']);
		expect(told).toEqual(['io-error', 'io-error']);
		expect(rings).toEqual([]);
	});

	test('no answer to the update signal', async () => {
		publish(box.available, planNow());
		await start();
		const own = await post('/api/v1/update');
		expect([own.status, codeOf(own)]).toEqual([503, 'karen-silent']);
		const legacy = await post('/v1/system/update');
		expect([legacy.status, legacy.json()]).toEqual([500, 'Unable to start the update process']);
	});

	test('karen refuses the signal', async () => {
		publish(box.available, planNow());
		const error = {
			code: 'signal-owner-refused',
			message: 'cannot take it',
			hint: 'ask',
			retry: 'never',
			facts: {},
		} as const;
		employ({ update: () => ({ state: 'refused', error }) });
		await start();
		const own = await post('/api/v1/update');
		expect([own.status, own.json()]).toEqual([422, { error }]);
		const legacy = await post('/v1/system/update');
		expect([legacy.status, legacy.json()]).toEqual([500, 'Unable to start the update process']);
	});
});
