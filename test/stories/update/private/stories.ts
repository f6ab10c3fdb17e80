/**
 * Tests whose hooks stop karen with the real `pkill -f "\./karen"`. They run in a PID namespace of their own
 * without another karen: `stories.ts NAME`. Exits with 0 on success, otherwise with the reason on stderr.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../../../src/model/base/error-codes.ts';
import { isEnd, REPORT_FILE } from '../../../../src/model/signal/report.ts';
import type { SignalName, SignalReport, Stamp } from '../../../../src/model/signal/signal.ts';
import { KAREN_FILE } from '../../../../src/model/status/published.ts';

import { sendSignal as touchSignal } from '../../../../src/system/signal-client.ts';
import { type Box, makeBox, REPOSITORY } from '../../../box/box.ts';
import { environmentOf, processesCalled } from '../../../box/processes.ts';
import type { CitadelRelease } from '../../../box/releases/citadel.ts';
import { builtProgram } from '../../../programs.ts';
import { until } from '../../../until.ts';

const LIMIT = 90_000;

/** A release's `./karen`: the real one, which also shows from which tree it was started. */
function karenOf(version: string): string {
	return `#!/bin/bash\nexport KAREN_OF=${version}\nhere=$(cd "$(dirname "$0")" && pwd)\nexec ${REPOSITORY}/karen --root "$here" --config "$here"/../config.toml\n`;
}

const release = (version: string, more: Partial<CitadelRelease> = {}): CitadelRelease => ({
	version,
	requires: '*',
	karen: karenOf(version),
	...more,
});

function startKaren(box: Box): ChildProcess {
	const out = openSync(join(box.dir, 'karen.out'), 'a');
	const child = spawn('./karen', [], { cwd: box.root, detached: true, stdio: ['ignore', out, out] });
	closeSync(out);
	return child;
}

function karens(): readonly { readonly pid: number; readonly of: string }[] {
	return processesCalled(builtProgram('karen')).map(({ pid }) => ({
		pid,
		of: /KAREN_OF=([\d.]+)/.exec(environmentOf(pid))?.[1] ?? 'nobody',
	}));
}

function karenStatusPid(box: Box): number | undefined {
	const path = box.layout.karenStatus;
	return existsSync(path) ? KAREN_FILE.parse(readFileSync(path))?.pid : undefined;
}

async function karenWatches(box: Box, version: string): Promise<number> {
	return await until(
		`karen of ${version}`,
		() => {
			const [karen, ...others] = karens();
			return others.length === 0 && karen?.of === version && karenStatusPid(box) === karen.pid && karen.pid;
		},
		LIMIT,
	);
}

/**
 * Sends a signal atomically, as the manager does: creating a file and writing to it later may be two touches.
 * Returns the stamp.
 */
function sendSignal(box: Box, signal: string, payload: string): Stamp {
	return touchSignal(box.layout, signal as SignalName, payload);
}

function reportOf(box: Box, signal: string): SignalReport | undefined {
	const path = join(box.layout.signalReports, `${signal}.json`);
	return existsSync(path) ? REPORT_FILE.parse(readFileSync(path)) : undefined;
}

async function ended(box: Box, signal: string): Promise<SignalReport> {
	return await until(
		`the end of ${signal}`,
		() => {
			const report = reportOf(box, signal);
			return report !== undefined && isEnd(report.state) && report.stamp === report.seen && report;
		},
		LIMIT,
	);
}

function historyLength(box: Box): number {
	return existsSync(box.layout.history) ? box.history().length : 0;
}

async function changeEnds(box: Box, state: string): Promise<void> {
	await until(
		`a change that is ${state}`,
		() => existsSync(box.layout.changeStatus) && box.change().state === state,
		LIMIT,
	);
	await until('no open change', () => !existsSync(box.layout.currentChange), LIMIT);
	await until(
		'no in-progress marker',
		() => !existsSync(join(box.layout.statuses, 'update-in-progress')),
		LIMIT,
	);
}

/** karen reports the end of the update, however often she was stopped meanwhile. */
function expectReported(report: SignalReport, exitCode: number): void {
	const { state, error } = report;
	assert.deepEqual(
		{ state, exitCode: report.exitCode },
		{ state: exitCode === 0 ? 'done' : 'failed', exitCode },
	);
	assert.equal(error?.code, exitCode === 0 ? undefined : 'trigger-failed');
}

const STORIES: Readonly<Record<string, (box: Box) => Promise<void>>> = {
	async 'reports the update when hooks stop karen and start the new one'(box) {
		startKaren(box);
		const old = await karenWatches(box, '1.0.0');
		box.publish(release('1.1.0'));
		sendSignal(box, 'update', '{"updateTo": "v1.1.0"}');
		await changeEnds(box, 'committed');
		const newer = await karenWatches(box, '1.1.0');
		assert.notEqual(newer, old);
		assert.equal(box.version(), '1.1.0');
		expectReported(await ended(box, 'update'), 0);

		box.publish(release('1.2.0'));
		sendSignal(box, 'update', '');
		await until('the second update', () => historyLength(box) === 2, LIMIT);
		await changeEnds(box, 'committed');
		await karenWatches(box, '1.2.0');
		expectReported(await ended(box, 'update'), 0);
		assert.deepEqual(
			box.history().map(({ outcome, to }) => `${outcome} ${to}`),
			['committed 1.2.0', 'committed 1.1.0'],
		);
	},

	async 'starts karen when hooks stop her and do not start the new one'(box) {
		startKaren(box);
		await karenWatches(box, '1.0.0');
		const { karen, ...rest } = release('1.1.0', { does: { overlaid: 'pkill -f "\\./karen"' } });
		assert(karen !== undefined);
		box.publish({ ...rest, files: { karen: { text: karen, mode: 0o755 } } });
		sendSignal(box, 'update', 'v1.1.0');
		await changeEnds(box, 'committed');
		await until('a karen started by the updater', () => karens().length === 1, LIMIT);
		await until('she watches', () => karenStatusPid(box) === karens()[0]?.pid, LIMIT);
		sendSignal(box, 'check', '');
		assert.equal((await ended(box, 'check')).state, 'done');
	},

	async 'starts karen and rolls back when hooks stop her and then fail'(box) {
		startKaren(box);
		await karenWatches(box, '1.0.0');
		const before = box.fingerprint();
		box.publish(release('1.1.0', { does: { '00': 'pkill -f "\\./karen"; sleep 0.5; false' } }));
		sendSignal(box, 'update', 'v1.1.0');
		await changeEnds(box, 'rolled-back');
		await until('a karen started by the updater', () => karens().length === 1, LIMIT);
		expectReported(await ended(box, 'update'), 4);
		const after = box.fingerprint().filter((line) => !line.includes('events/signals/update'));
		assert.deepEqual(after, before);
		assert.equal(box.history().length, 1, 'the restored signal must not run again');
	},

	async 'rolls back when a hook fails after the new karen was started'(box) {
		startKaren(box);
		await karenWatches(box, '1.0.0');
		box.publish(release('1.1.0', { does: { '02': 'exit 1' } }));
		sendSignal(box, 'update', 'v1.1.0');
		await changeEnds(box, 'rolled-back');
		await until('one karen', () => karens().length === 1, LIMIT);
		expectReported(await ended(box, 'update'), 4);
		assert.equal(box.version(), '1.0.0');
		assert.equal(readFileSync(join(box.root, 'karen'), 'utf8'), karenOf('1.0.0'));
	},

	async 'u8: rolls back an update by hand without a running karen'(box) {
		const before = box.fingerprint();
		box.publish(release('1.1.0'));
		const end = await box.updater('update');
		assert.equal(end.code, 4);
		assert.equal(box.change().error?.code, 'hook-failed');
		assert.deepEqual(box.fingerprint(), before);
		assert.deepEqual(karens(), [], 'karen did not run before, so she does not run after');
	},

	async 'finishes the update in the next karen when karen and updater are killed'(box) {
		startKaren(box);
		const old = await karenWatches(box, '1.0.0');
		const before = box.fingerprint();
		box.publish(release('1.1.0', { does: { overlaid: 'touch "$ROOT"/db/.waiting; sleep 600' } }));
		sendSignal(box, 'update', '');
		await until('the overlay', () => existsSync(join(box.root, 'db/.waiting')), LIMIT);
		for (const { pid } of processesCalled('dist/updater.js')) process.kill(pid, 'SIGKILL');
		process.kill(old, 'SIGKILL');
		await until('no karen', () => karens().length === 0, LIMIT);
		// Half of the new tree is in place now; starting the box starts its karen.
		const { status } = await import('node:child_process').then(({ spawnSync }) =>
			spawnSync('rm', ['-f', join(box.root, 'db/.waiting')]),
		);
		assert.equal(status, 0);
		startKaren(box);
		await changeEnds(box, 'rolled-back');
		await until('one karen', () => karens().length === 1, LIMIT);
		assert.equal(box.change().error?.code, 'interrupted');
		assert.equal(processesCalled('sleep 600').length, 0);
		expectReported(await ended(box, 'update'), 4);
		const after = box.fingerprint().filter((line) => !line.includes('events/signals/update'));
		assert.deepEqual(after, before);
	},

	async 'handles a signal that arrives during an update after it'(box) {
		startKaren(box);
		await karenWatches(box, '1.0.0');
		box.publish(
			release('1.1.0', {
				does: {
					'02': 'touch "$ROOT"/db/.waiting; for i in {1..5000}; do [[ -e "$ROOT"/db/.go ]] && break; sleep 0.02; done',
				},
			}),
		);
		sendSignal(box, 'update', '');
		await until('the second hook', () => existsSync(join(box.root, 'db/.waiting')), LIMIT);
		box.publish(release('1.2.0'));
		const stamp = sendSignal(box, 'update', 'v1.2.0');
		writeFileSync(join(box.root, 'db/.go'), '');
		await until('the second update', () => historyLength(box) === 2, LIMIT);
		await changeEnds(box, 'committed');
		await karenWatches(box, '1.2.0');
		const report = await ended(box, 'update');
		assert.equal(report.stamp, stamp);
		expectReported(report, 0);
		assert.equal(box.history().length, 2);
	},

	async 'keeps working when releases delete the signals directory'(box) {
		startKaren(box);
		await karenWatches(box, '1.0.0');
		const ignore = '/.*\n/db/*\n/logs/*\n/app-data/*\nstatuses\n';
		box.publish(release('1.1.0', { ignore }));
		sendSignal(box, 'update', '');
		await changeEnds(box, 'committed');
		await karenWatches(box, '1.1.0');
		expectReported(await ended(box, 'update'), 0);
		box.publish(release('1.2.0', { ignore, does: { '02': 'exit 1' } }));
		sendSignal(box, 'update', '');
		await changeEnds(box, 'rolled-back');
		await until('one karen', () => karens().length === 1, LIMIT);
		expectReported(await ended(box, 'update'), 4);
		sendSignal(box, 'check', '');
		const { state, exitCode, output } = await ended(box, 'check');
		assert.deepEqual({ state, exitCode }, { state: 'failed', exitCode: EXIT.refused });
		assert.match(
			output,
			/"failed-before"/,
			'the signal was handled: the failed release is not offered again',
		);
		assert.deepEqual(
			box.history().map(({ outcome }) => outcome),
			['rolled-back', 'committed'],
		);
	},
};

const story = STORIES[process.argv[2] ?? ''];
if (story === undefined) {
	process.stdout.write(`${JSON.stringify(Object.keys(STORIES))}\n`);
} else {
	const box = makeBox(release('1.0.0'));
	// An empty ledger, as init creates it: existing signals count.
	const { mkdirSync } = await import('node:fs');
	mkdirSync(box.state, { recursive: true, mode: 0o700 });
	writeFileSync(box.layout.ledger, '', { mode: 0o600 });
	box.configure('[signals]\nrescan = "500ms"');
	try {
		await story(box);
	} catch (thrown) {
		for (const path of [
			join(box.dir, 'karen.out'),
			join(box.root, 'logs/karen.log'),
			box.layout.log,
			box.layout.changeStatus,
		])
			if (existsSync(path)) process.stderr.write(`--- ${path}\n${readFileSync(path, 'utf8').slice(-6000)}\n`);
		// Last, so that it is visible where only the end of the output is shown.
		process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
		process.exitCode = 1;
	} finally {
		await box.remove();
	}
}
