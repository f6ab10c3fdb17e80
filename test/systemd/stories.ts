/**
 * Updates on a machine that systemd runs: karen is a service, or was started by hand, and hooks end her. To
 * be run where run.ts runs it.
 */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnd, REPORT_FILE } from '../../src/model/signal/report.ts';
import type { SignalName } from '../../src/model/signal/signal.ts';
import { serviceHolding } from '../../src/system/process/systemd.ts';
import { sendSignal } from '../../src/system/signal-client.ts';
import { type Box, makeBox, REPOSITORY } from '../box/box.ts';
import type { CitadelRelease } from '../box/releases/citadel.ts';
import { until } from '../until.ts';

const UNIT = 'box-karen.service';
const LIMIT = 90_000;
const UPDATE = 'update' as SignalName;

const systemctl = (...words: readonly string[]) => execFileSync('systemctl', words, { encoding: 'utf8' });
const holderOf = (box: Box) => serviceHolding(box.layout.karenLock);

/** The unit that operators are shown. */
function shownUnit(): string {
	const page = readFileSync(join(REPOSITORY, 'docs/operator/getting-started.md'), 'utf8');
	return /```ini\n([^`]*)```/.exec(page)?.[1] ?? '';
}

async function startService(box: Box): Promise<void> {
	const command = `ExecStart=${REPOSITORY}/karen --root ${box.root} --config ${box.config}`;
	writeFileSync(`/etc/systemd/system/${UNIT}`, shownUnit().replace(/^ExecStart=.*$/m, command));
	systemctl('daemon-reload');
	systemctl('start', UNIT);
	await karenWatches(box);
}

async function startByHand(box: Box): Promise<void> {
	spawn(join(REPOSITORY, 'karen'), ['--root', box.root, '--config', box.config], {
		detached: true,
		stdio: 'ignore',
	}).unref();
	await karenWatches(box);
}

async function karenWatches(box: Box): Promise<void> {
	await until('karen to watch', () => existsSync(box.layout.karenStatus), LIMIT);
}

/**
 * Publishes the release, sends the signal, does `meanwhile` once it is being installed, and compares how
 * karen says that it ended.
 */
async function update(
	box: Box,
	release: CitadelRelease,
	exitCode: number,
	meanwhile: () => void = () => undefined,
): Promise<void> {
	box.publish(release);
	const stamp = sendSignal(box.layout, UPDATE, '');
	await until(
		'the update to begin',
		() => existsSync(box.layout.changeStatus) && box.change().to === release.version,
		LIMIT,
	);
	meanwhile();
	const path = join(box.layout.signalReports, 'update.json');
	const report = await until(
		'karen to tell the end',
		() => {
			const said = existsSync(path) ? REPORT_FILE.parse(readFileSync(path)) : undefined;
			return said?.stamp === stamp && isEnd(said.state) && said;
		},
		LIMIT,
	);
	assert.equal(report.exitCode, exitCode);
	assert.equal(box.change().state, exitCode === 0 ? 'committed' : 'rolled-back');
	assert.equal(box.version() === release.version, exitCode === 0);
}

const STORIES: Readonly<Record<string, (box: Box) => Promise<void>>> = {
	async 'the hooks stop the service of karen, and start it again'(box) {
		await startService(box);
		await update(
			box,
			{
				version: '1.1.0',
				requires: '*',
				does: { overlaid: `systemctl stop ${UNIT}`, '02': `systemctl start ${UNIT}` },
			},
			0,
		);
		await update(box, { version: '1.2.0', requires: '*', does: { '02': `systemctl restart ${UNIT}` } }, 0);
		assert.equal(holderOf(box), UNIT);
	},
	async 'the hooks stop the service of karen, and fail: it runs again when the old release is back'(box) {
		await startService(box);
		await update(
			box,
			{ version: '1.1.0', requires: '*', does: { overlaid: `systemctl stop ${UNIT}; exit 3` } },
			4,
		);
		assert.equal(holderOf(box), UNIT);
	},
	async 'the hooks stop the service of karen, and forget it'(box) {
		await startService(box);
		await update(box, { version: '1.1.0', requires: '*', does: { overlaid: `systemctl stop ${UNIT}` } }, 0);
		assert.equal(holderOf(box), UNIT);
	},
	async 'the whole service of karen is killed in the middle: the update goes on'(box) {
		await startService(box);
		const slow: CitadelRelease = { version: '1.1.0', requires: '*', does: { '01': 'sleep 3' } };
		await update(box, slow, 0, () => void systemctl('kill', '--signal=KILL', UNIT));
		assert.equal(holderOf(box), UNIT);
	},
	async 'a karen that was started by hand is started again, as often as hooks end her, and never the update that started her'(
		box,
	) {
		await startByHand(box);
		const ends = 'sleep 600 & disown; pkill -f "dist/karen.js"; exit 3';
		await update(box, { version: '1.1.0', requires: '*', does: { overlaid: ends } }, 4);
		const first = box.history().length;
		await update(box, { version: '1.1.1', requires: '*', does: { overlaid: ends } }, 4);
		assert.equal(box.history().length, first + 1);
	},
};

for (const [name, play] of Object.entries(STORIES)) {
	const box = makeBox({ version: '1.0.0', requires: '*' });
	try {
		await play(box);
		process.stdout.write(`right  ${name}\n`);
	} catch (thrown) {
		process.stdout.write(`WRONG  ${name}: ${thrown instanceof Error ? thrown.stack : thrown}\n`);
		process.exitCode = 1;
	} finally {
		if (existsSync(`/etc/systemd/system/${UNIT}`)) systemctl('stop', UNIT);
		await box.remove();
	}
}
