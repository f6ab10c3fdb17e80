/** karen ends during an update and is restarted: the updater continues, and its end is reported. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isEnd, REPORT_FILE } from '../../../src/model/signal/report.ts';
import type { SignalName, SignalReport } from '../../../src/model/signal/signal.ts';
import { KAREN_FILE } from '../../../src/model/status/published.ts';

import { sendSignal } from '../../../src/system/signal-client.ts';
import { type Box, boxForTest, type Running, startProgram } from '../../box/box.ts';
import { isAlive, processesOf } from '../../box/processes.ts';
import { builtProgram } from '../../programs.ts';
import { until } from '../../until.ts';

const LIMIT = 60_000;
/** Milliseconds for one whole test. */
const STORY = 300_000;

let box: Box;
beforeEach(() => {
	box = boxForTest({ version: '1.0.0', requires: '*' });
	mkdirSync(box.state, { recursive: true, mode: 0o700 });
	// An empty ledger, as init creates it: existing signals count.
	writeFileSync(box.layout.ledger, '', { mode: 0o600 });
	// Her command line does not name the root if the updater started her.
	onTestFinished(() => {
		const pid = karenPid();
		if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
	});
});

/** A hook that reports that it was reached, and waits until it may continue. */
const waits = (moment: string) =>
	`touch "$ROOT"/db/.at-${moment}; for i in {1..5000}; do [[ -e "$ROOT"/db/.go-${moment} ]] && break; sleep 0.02; done`;
const at = (moment: string) =>
	until(`hook ${moment}`, () => existsSync(join(box.root, `db/.at-${moment}`)), LIMIT);
const goOn = (moment: string) => writeFileSync(join(box.root, `db/.go-${moment}`), '');

async function startKaren(): Promise<Running> {
	const karen = startProgram([builtProgram('karen'), '--root', box.root, '--config', box.config], '');
	await until('karen to watch', () => karenPid() === karen.child.pid, LIMIT);
	return karen;
}

function karenPid(): number | undefined {
	return existsSync(box.layout.karenStatus)
		? KAREN_FILE.parse(readFileSync(box.layout.karenStatus))?.pid
		: undefined;
}

async function endKaren({ child, ended }: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
	child.kill(signal);
	await ended;
}

/** Atomically: creating a file and writing to it later may be two touches. */
const ringForUpdate = () => sendSignal(box.layout, 'update' as SignalName, '{"updateTo": "v1.1.0"}');

function report(): SignalReport | undefined {
	const path = join(box.layout.signalReports, 'update.json');
	return existsSync(path) ? REPORT_FILE.parse(readFileSync(path)) : undefined;
}

const endOfUpdate = () =>
	until('the end of update', () => isEnd(report()?.state ?? 'running') && report(), LIMIT);
const killUpdater = () => {
	for (const { pid, command } of processesOf(box.dir))
		if (command.includes('dist/updater.js')) process.kill(pid, 'SIGKILL');
};

const GOOD = { state: 'done', exitCode: 0, killedBy: null, error: null };
const BAD = { state: 'failed', exitCode: 4, killedBy: null, error: { code: 'trigger-failed' } };

/** One change, one outcome, and the same result in every status. */
async function expectEnd(outcome: 'committed' | 'rolled-back'): Promise<void> {
	const { stamp, seen, ...said } = await endOfUpdate();
	expect(said).toMatchObject(outcome === 'committed' ? GOOD : BAD);
	expect(seen).toBe(stamp);
	expect(box.change()).toMatchObject({ state: outcome, endedAt: expect.any(String) });
	expect(box.history().map((one) => one.outcome)).toEqual([outcome]);
	expect(box.legacyStatus()).toMatchObject({
		state: outcome === 'committed' ? 'success' : 'failed',
		progress: 100,
	});
	expect(box.version()).toBe(outcome === 'committed' ? '1.1.0' : '1.0.0');
	await until(
		'the change to be closed',
		() => !existsSync(box.layout.currentChange) && !existsSync(box.layout.inProgressMarker),
		LIMIT,
	);
}

test.each([
	['SIGKILL', 'committed'],
	['SIGTERM', 'rolled-back'],
] as const)(
	'reports the end of an update when karen gets %s at every hook and is restarted: %s',
	{ timeout: STORY },
	async (signal, outcome) => {
		const moments = outcome === 'committed' ? ['00', '01', '02', '03'] : ['00', '01', '02'];
		const does = Object.fromEntries(moments.map((moment) => [moment, waits(moment)]));
		const fails = outcome === 'committed' ? {} : { '02': `${waits('02')}; exit 1` };
		box.publish({ version: '1.1.0', requires: '*', does: { ...does, ...fails } });
		let karen = await startKaren();
		ringForUpdate();
		for (const moment of moments) {
			await at(moment);
			await endKaren(karen, signal);
			karen = await startKaren();
			await until('the run to be resumed', () => report()?.state === 'running', LIMIT);
			goOn(moment);
		}
		await expectEnd(outcome);
	},
);

test.each([
	['SIGKILL', 'rolled-back', { '00': waits('00'), '02': 'exit 1' }],
	['SIGTERM', 'committed', { '00': waits('00') }],
] as const)(
	'reports the end of an update when karen gets %s and only the updater restarts her: %s',
	{ timeout: STORY },
	async (signal, outcome, does) => {
		box.publish({ version: '1.1.0', requires: '*', does });
		const karen = await startKaren();
		ringForUpdate();
		await at('00');
		await endKaren(karen, signal);
		goOn('00');
		await expectEnd(outcome);
		expect(karenPid()).not.toBe(karen.child.pid);
	},
);

describe('when the updater is killed', () => {
	test('after R while karen is running, the report waits for the updater that finishes it', {
		timeout: STORY,
	}, async () => {
		box.publish({ version: '1.1.0', requires: '*', does: { overlaid: waits('01') } });
		await startKaren();
		ringForUpdate();
		await at('01');
		killUpdater();
		await expectEnd('rolled-back');
		expect(box.change().error?.code).toBe('interrupted');
	});

	test('before R together with karen, the next karen continues the update', { timeout: STORY }, async () => {
		const bin = join(box.dir, 'bin');
		mkdirSync(bin);
		const hang = `if [[ "$*" == */backup/tree/* ]] && mkdir ${box.dir}/hangs 2>/dev/null; then sleep 60; fi`;
		writeFileSync(join(bin, 'rsync'), `#!/bin/bash\n${hang}\nexec /usr/bin/rsync "$@"\n`, { mode: 0o755 });
		box.configure(`[hooks]\npath = ["${bin}", "/usr/bin", "/bin"]`);
		box.publish({ version: '1.1.0', requires: '*' });
		const karen = await startKaren();
		ringForUpdate();
		await until('the copy of the backup', () => existsSync(join(box.dir, 'hangs')), LIMIT);
		await Promise.all([endKaren(karen, 'SIGKILL'), killUpdater()]);
		await startKaren();
		await expectEnd('committed');
	});
});
