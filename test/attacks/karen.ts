/** karen on a box of the stories, where the attacker may send signals. */

import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { isEnd, REPORT_FILE } from '../../src/model/signal/report.ts';
import type { SignalReport } from '../../src/model/signal/signal.ts';
import { stampOf } from '../../src/model/signal/signal.ts';
import { KAREN_FILE } from '../../src/model/status/published.ts';

import { type Box, startProgram } from '../box/box.ts';
import { builtProgram } from '../programs.ts';
import { until } from '../until.ts';
import { asManager, MANAGER, MANAGERS_GROUP } from './second-user.ts';

const LIMIT = 60_000;

/** Starts the real karen, in this environment besides our own, and ends her with the test. */
export async function startKaren(box: Box, env: Readonly<Record<string, string>> = {}): Promise<void> {
	for (const path of [box.dir, box.root, join(box.root, 'events')]) chmodSync(path, 0o755);
	chownSync(box.layout.signals, MANAGER, MANAGERS_GROUP);
	mkdirSync(box.state, { recursive: true, mode: 0o700 });
	writeFileSync(box.layout.ledger, '', { mode: 0o600 });
	const { child, ended } = startProgram(
		[builtProgram('karen'), '--root', box.root, '--config', box.config],
		'',
		env,
	);
	onTestFinished(async () => {
		child.kill('SIGKILL');
		await ended;
	});
	await until('karen', () => readOr(box.layout.karenStatus, KAREN_FILE.parse)?.pid === child.pid, LIMIT);
}

/** Signals an update as the attacker, with this payload; returns karen's report of how that ended. */
export async function ringForUpdate(box: Box, payload: string): Promise<SignalReport> {
	asManager(
		`cat > ${box.layout.signals}/.new && mv ${box.layout.signals}/.new ${box.layout.signals}/update`,
		payload,
	);
	const stamp = stampOf(lstatSync(join(box.layout.signals, 'update'), { bigint: true }));
	return await until(
		`the end of ${payload.slice(0, 60)}`,
		() => {
			const report = readOr(join(box.layout.signalReports, 'update.json'), REPORT_FILE.parse);
			return report !== undefined && report.stamp === stamp && isEnd(report.state) && report;
		},
		LIMIT,
	);
}

const readOr = <T>(path: string, parse: (bytes: Buffer) => T | undefined) =>
	existsSync(path) ? parse(readFileSync(path)) : undefined;
