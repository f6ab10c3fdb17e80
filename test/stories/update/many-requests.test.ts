/**
 * Twenty concurrent requests for an update, of every kind: one change, one outcome, and an answer for each.
 */

import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isEnd, REPORT_FILE } from '../../../src/model/signal/report.ts';
import { KAREN_FILE } from '../../../src/model/status/published.ts';

import { startManager } from '../../../src/unprivileged/manager/server.ts';
import { type Box, boxForTest, startProgram } from '../../box/box.ts';
import { builtProgram } from '../../programs.ts';
import { type Answer, ask } from '../../unprivileged/manager/box-for-tests.ts';
import { until } from '../../until.ts';

const LIMIT = 60_000;

async function boxWithKaren(): Promise<Box> {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	mkdirSync(box.state, { recursive: true, mode: 0o700 });
	writeFileSync(box.layout.ledger, '', { mode: 0o600 });
	const { child, ended } = startProgram(
		[builtProgram('karen'), '--root', box.root, '--config', box.config],
		'',
	);
	onTestFinished(async () => {
		child.kill('SIGKILL');
		await ended;
	});
	await until('karen', () => readOr(box.layout.karenStatus, KAREN_FILE.parse)?.pid === child.pid, LIMIT);
	return box;
}

const readOr = <T>(path: string, parse: (bytes: Buffer) => T | undefined) =>
	existsSync(path) ? parse(readFileSync(path)) : undefined;

function touch(path: string): void {
	if (!existsSync(path)) writeFileSync(path, '');
	utimesSync(path, Date.now() / 1000, Date.now() / 1000);
}

/** Returns the status and the essential word of an answer. */
function wordOf({ status, json }: Answer): string {
	const body = json() as { to?: string; message?: string; error?: { code: string } } | string;
	return `${status} ${typeof body === 'string' ? body : (body.error?.code ?? body.message ?? body.to)}`;
}

test('runs one update for twenty requests at once, and answers each of them', {
	timeout: 2 * LIMIT,
}, async () => {
	const box = await boxWithKaren();
	const answered =
		'for i in {1..5000}; do [[ -e "$ROOT"/db/.answered ]] && break; sleep 0.02; done; rm "$ROOT"/db/.answered';
	box.publish({ version: '1.1.0', requires: '*', does: { '00': answered } });
	const manager = await startManager({
		root: box.root,
		listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
		limits: { heard: LIMIT, checked: LIMIT },
	});
	onTestFinished(() => manager.close());
	const signal = join(box.layout.signals, 'update');
	const post = (path: string, body?: object) =>
		ask(manager.address, path, {
			method: 'POST',
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});

	const own = Array.from({ length: 7 }, (_, index) =>
		post('/api/v1/update', index % 2 === 0 ? {} : { to: 'v1.1.0' }),
	);
	const legacy = Array.from({ length: 7 }, () => post('/v1/system/update'));
	for (let ring = 0; ring < 6; ring++) {
		if (ring % 2 === 0) touch(signal);
		else writeFileSync(signal, '{"updateTo": "v1.1.0"}');
		await new Promise((done) => setTimeout(done, ring * 60));
	}
	const ownWords = new Set((await Promise.all(own)).map(wordOf));
	const legacyWords = new Set((await Promise.all(legacy)).map(wordOf));
	writeFileSync(join(box.root, 'db/.answered'), '');
	for (const word of ownWords) expect(['202 v1.1.0', '409 busy']).toContain(word);
	for (const word of legacyWords)
		expect(['500 An update is already in progress', '200 Updating to Citadel v1.1.0']).toContain(word);

	const report = await until(
		'the end of all runs',
		() => {
			const read = readOr(join(box.layout.signalReports, 'update.json'), REPORT_FILE.parse);
			return read !== undefined && isEnd(read.state) && read.seen === read.stamp && read;
		},
		LIMIT,
	);
	expect(report).toMatchObject({ state: 'done', exitCode: 0, error: null });
	expect(box.version()).toBe('1.1.0');
	expect(box.history().map(({ outcome, to }) => `${outcome} ${to}`)).toEqual(['committed 1.1.0']);
	expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0', error: null });
	expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100 });
	expect((await post('/api/v1/update', { to: 'v1.1.0' })).status).toBe(422);
});
