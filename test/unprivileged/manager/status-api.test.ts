/** The status over real HTTP, while files change, break and vanish under the manager. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Layout } from '../../../src/model/base/layout.ts';
import { STATUS_MAX_BYTES } from '../../../src/model/status/status.ts';
import { type Manager, startManager } from '../../../src/unprivileged/manager/server.ts';
import {
	AT_REST,
	ask,
	changeNow,
	INSTALLED,
	makeBox,
	planNow,
	publish,
	type Question,
	removeBox,
	until,
} from './box-for-tests.ts';

let box: Layout;
let manager: Manager;
let told: string[];
beforeEach(async () => {
	box = makeBox();
	told = [];
	manager = await startManager({
		root: box.root,
		listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
		tell: (error) => told.push(error.code),
	});
});
afterEach(async () => {
	await manager.close();
	removeBox(box);
});

const get = (path: string, question?: Question) => ask(manager.address, path, question);
const json = async (path: string) => (await get(path)).json() as Record<string, unknown>;

test('ping returns our own version', async () => {
	const { version } = JSON.parse(
		readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'),
	) as { version: string };
	expect(await json('/ping')).toEqual({ version: `signalbox-manager-${version}` });
});

test('info returns the whole info.json, read again after a release replaced it', async () => {
	expect(await json('/v1/system/info')).toEqual(INSTALLED);
	publish(box.info, { ...INSTALLED, version: '0.4.18', more: [1] });
	expect(await json('/v1/system/info')).toEqual({ ...INSTALLED, version: '0.4.18', more: [1] });
});

test('update-status follows the file, however it is written', async () => {
	expect(await json('/v1/system/update-status')).toEqual(AT_REST);
	for (const progress of [10, 20, 33]) {
		const status = { state: 'installing', progress, description: 'x', updateTo: 'v0.4.18' };
		writeFileSync(box.updateStatus, JSON.stringify(status));
		expect(await json('/v1/system/update-status')).toEqual(status);
	}
});

test.each([
	['empty', ''],
	['half', '{"state":"installing","progr'],
	['not JSON', 'cat: write error'],
	['not UTF-8', Buffer.of(0xff)],
	['huge', 'x'.repeat(STATUS_MAX_BYTES + 1)],
	['an array', '[]'],
])('shows the previous content while update-status.json is %s', async (_, bytes) => {
	writeFileSync(box.updateStatus, '{"state":"installing","progress":40}');
	await get('/v1/system/update-status');
	writeFileSync(box.updateStatus, bytes);
	expect(await json('/v1/system/update-status')).toEqual({ state: 'installing', progress: 40 });
	rmSync(box.updateStatus);
	expect(await json('/v1/system/update-status')).toEqual({ state: 'installing', progress: 40 });
	writeFileSync(box.updateStatus, '{"state":"failed","progress":100}');
	expect(await json('/v1/system/update-status')).toEqual({ state: 'failed', progress: 100 });
});

test('a status file that was never complete: the error that dashboards know', async () => {
	writeFileSync(box.updateStatus, '{"state":');
	const answer = await get('/v1/system/update-status');
	expect([answer.status, answer.json()]).toEqual([500, 'Unable to get update status']);
});

test('waits for the whole file when the first read meets half of it', async () => {
	writeFileSync(box.updateStatus, '{"state":');
	const asked = get('/v1/system/update-status');
	setTimeout(() => writeFileSync(box.updateStatus, '{"state":"installing","progress":7}'), 30);
	expect((await asked).json()).toEqual({ state: 'installing', progress: 7 });
});

test('shows a missing status file as a machine at rest', async () => {
	rmSync(box.updateStatus);
	expect(await json('/v1/system/update-status')).toEqual(AT_REST);
});

test('readers see no half file while a hook writes in place', async () => {
	// What was whole once is shown while a hook is held up in the middle, however long.
	expect(await json('/v1/system/update-status')).toEqual(AT_REST);
	const enough = join(box.root, 'enough');
	const hook = spawn('bash', [
		'-c',
		`until [[ -e "$2" ]]; do : $((i++)); cat > "$1" <<< '{"state":"installing","progress":'$((i % 90 + 1))',"description":"Pulling","updateTo":"v0.4.18"}'; done`,
		'hook',
		box.updateStatus,
		enough,
	]);
	const exited = once(hook, 'exit');
	const seen = new Set<number>();
	try {
		// Many answers, and many of what the hook wrote.
		for (let asked = 0; asked < 300 || seen.size < 20; asked += 1) {
			const answer = await get('/v1/system/update-status');
			expect(answer.status).toBe(200);
			const { progress } = answer.json() as { progress: number };
			expect(progress).toBeGreaterThan(0);
			seen.add(progress);
		}
	} finally {
		writeFileSync(enough, '');
		await exited;
	}
});

test('hides an early success exactly as long as root reports a change in progress', async () => {
	writeFileSync(box.updateStatus, '{"state":"success","progress":90,"description":"Done","updateTo":""}');
	publish(box.changeStatus, changeNow());
	expect(await json('/v1/system/update-status')).toEqual({
		state: 'installing',
		progress: 90,
		description: 'Done',
		updateTo: '',
	});
	publish(box.changeStatus, changeNow({ state: 'rolled-back', endedAt: new Date().toISOString() }));
	expect(await json('/v1/system/update-status')).toMatchObject({ state: 'success', progress: 90 });
});

test('status: idle, then a change, then its end, then the next change with the last end', async () => {
	expect(await json('/api/v1/status')).toMatchObject({
		schema: 1,
		state: 'idle',
		underWay: false,
		change: null,
		installed: '0.4.17',
		karen: { state: 'not-running' },
		last: null,
		signal: null,
	});
	const change = changeNow();
	publish(box.changeStatus, change);
	expect(await json('/api/v1/status')).toMatchObject({ ...change, underWay: true, last: null });
	const cause = { code: 'hook-failed', message: 'cannot', hint: 'do', retry: 'never', facts: {} } as const;
	const end = {
		...change,
		state: 'rolled-back',
		endedAt: change.at,
		outcome: { kind: 'rolled-back', version: '0.4.17', cause },
		error: cause,
	};
	publish(box.changeStatus, end);
	const last = { change: change.change, outcome: 'rolled-back', to: '0.4.18', error: cause };
	expect(await json('/api/v1/status')).toMatchObject({ ...end, underWay: false, last });
	publish(box.history, {
		schema: 1,
		changes: [{ ...change, outcome: 'rolled-back', error: cause, endedAt: change.at }],
	});
	publish(box.changeStatus, changeNow({ change: '20261121-093000-ffff' }));
	expect(await json('/api/v1/status')).toMatchObject({
		change: '20261121-093000-ffff',
		underWay: true,
		last,
	});
});

test('status includes a signal that was refused before it became a change', async () => {
	const error = {
		code: 'config-invalid',
		message: 'cannot use it',
		hint: 'mend it',
		retry: 'never',
		facts: {},
	};
	publish(join(box.signalReports, 'update.json'), {
		name: 'update',
		state: 'failed',
		exitCode: 2,
		run: 'r',
		output: 'secret',
		error,
	});
	const { signal } = await json('/api/v1/status');
	expect(signal).toEqual({
		state: 'failed',
		run: 'r',
		receivedAt: '',
		startedAt: null,
		endedAt: null,
		exitCode: 2,
		error,
	});
});

test('status without info.json has no installed version', async () => {
	writeFileSync(box.info, '{"version":');
	expect(await json('/api/v1/status')).toMatchObject({ state: 'idle', installed: null });
	rmSync(box.info);
	expect(await json('/api/v1/status')).toMatchObject({ installed: null });
});

test('an unreadable change is an error, and not idle', async () => {
	writeFileSync(box.changeStatus, '{"change":');
	const answer = await get('/api/v1/status');
	expect([answer.status, answer.json()]).toMatchObject([500, { error: { code: 'io-error' } }]);
	expect(told).toEqual(['io-error']);
	expect((await get('/v1/system/update-status')).status).toBe(200);
});

test('shows karen while its process lives, and ignores another process with its pid', async () => {
	const karen = spawn('sleep', ['60'], { argv0: './karen' });
	const state = async () => ((await json('/api/v1/status'))['karen'] as { state: string }).state;
	try {
		await once(karen, 'spawn');
		publish(box.karenStatus, { schema: 1, pid: karen.pid, startedAt: 'then', version: '0.1.0' });
		await until(async () => (await state()) === 'running');
		expect((await json('/api/v1/status'))['karen']).toEqual({
			state: 'running',
			version: '0.1.0',
			startedAt: 'then',
		});
	} finally {
		karen.kill('SIGKILL');
		await once(karen, 'exit');
	}
	await until(async () => (await state()) === 'not-running');
	publish(box.karenStatus, { schema: 1, pid: 1, startedAt: 'then', version: '0.1.0' });
	expect(await state()).toBe('not-running');
	writeFileSync(box.karenStatus, '{"pid":');
	expect(await state()).toBe('unknown');
});

test.each(['/ping', '/api/v1/status', '/v1/system/info', '/v1/system/update-status'])(
	'%s is sent again only when it changed',
	async (path) => {
		const { headers } = await get(path);
		const etag = String(headers['etag']);
		expect(headers).toMatchObject({
			'cache-control': 'no-cache',
			'content-type': 'application/json; charset=utf-8',
		});
		for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
			const again = await get(path, { headers: { 'if-none-match': known } });
			expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', etag]);
		}
		expect((await get(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
		const head = await get(path, { method: 'HEAD' });
		expect([head.status, head.text, head.headers['etag']]).toEqual([200, '', etag]);
	},
);

test('a changed file changes the ETag', async () => {
	const etag = String((await get('/api/v1/status')).headers['etag']);
	publish(box.changeStatus, changeNow());
	expect((await get('/api/v1/status', { headers: { 'if-none-match': etag } })).status).toBe(200);
});

test('an unreadable statuses directory breaks nothing else', async () => {
	chmodSync(box.statuses, 0o000);
	expect(await json('/ping')).toHaveProperty('version');
	expect((await get('/v1/system/info')).status).toBe(200);
	chmodSync(box.statuses, 0o755);
});

test('status shows when metadata were verified, since when they are stale, and that trust is off', async () => {
	expect(await json('/api/v1/status')).toMatchObject({ news: null, trust: null });
	publish(box.available, planNow());
	expect(await json('/api/v1/status')).toMatchObject({ news: null, trust: 'unsigned' });
	const [verifiedAt, newestSince, past] = [
		'2026-11-20T10:00:00.000Z',
		'2026-11-01T10:00:00.000Z',
		'2026-11-20T11:00:00.000Z',
	];
	for (const [at, staleSince] of [
		['2126-01-01T00:00:00.000Z', null],
		[past, past],
	]) {
		const news = { verifiedAt, newestSince, goodUntil: { role: 'timestamp', at: String(at) } };
		publish(box.available, planNow({ trust: 'tuf', news }));
		expect(await json('/api/v1/status')).toMatchObject({ news: { ...news, staleSince }, trust: 'tuf' });
	}
	publish(box.changeStatus, changeNow());
	expect(await json('/api/v1/status'), 'of a change it is what that was trusted by').toMatchObject({
		trust: 'unsigned',
	});
});

test('metadata that expire while nothing is published are shown as stale', async () => {
	const at = new Date(Date.now() + 500).toISOString();
	const news = {
		verifiedAt: '2026-11-20T10:00:00.000Z',
		newestSince: '2026-11-01T10:00:00.000Z',
		goodUntil: { role: 'timestamp', at },
	};
	publish(box.available, planNow({ trust: 'tuf', news }));
	await until(
		async () => ((await json('/api/v1/status'))['news'] as { staleSince: string | null }).staleSince === at,
	);
});
