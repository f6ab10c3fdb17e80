/** Threat 7: the manager's user plants what root might follow, wait for or write through. */
import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { readAccounts } from '../../../src/system/access/accounts.ts';
import { type Box, boxForTest } from '../../box/box.ts';
import { KarenBox } from '../../privileged/karen/karen-box.ts';
import { asManager, groupOfManager, MANAGER, MANAGERS_GROUP } from '../second-user.ts';

/** Each plants something at a path; `precious` is a file of root's that everybody may read. */
const PLANTS: Readonly<Record<string, (path: string, precious: string) => string>> = {
	'a link': (path, precious) => `ln -s ${precious} ${path}`,
	'a link to nowhere': (path, precious) => `ln -s ${precious}.new ${path}`,
	'a FIFO': (path) => `mkfifo -m 666 ${path}`,
	'a hard link': (path) => `echo '{"updateTo": "v9.9.9"}' > ${path}.own && ln ${path}.own ${path}`,
	'20 GB': (path) => `truncate -s 20G ${path}`,
	'a directory': (path) => `mkdir ${path}`,
};

describe('in statuses/', () => {
	let box: Box;
	let precious: string;

	/** The group is the attacker's; `sharing` is a line of the configuration. */
	function giveToGroup(sharing: string): void {
		writeFileSync(
			box.config,
			`${sharing}\n${readFileSync(box.config, 'utf8').replace('signalbox-tests', groupOfManager())}`,
		);
		for (const path of [box.dir, box.root]) chmodSync(path, 0o755);
		chownSync(box.layout.statuses, 0, MANAGERS_GROUP);
		chmodSync(box.layout.statuses, 0o770);
	}

	beforeEach(() => {
		box = boxForTest({ version: '1.0.0', requires: '*' });
		precious = join(box.dir, 'precious');
		writeFileSync(precious, 'precious', { mode: 0o644 });
		expect(readAccounts().userOf(MANAGER).gid).toBe(MANAGERS_GROUP);
	});

	function expectPrecious(): void {
		expect(readFileSync(precious, 'utf8')).toBe('precious');
		expect(lstatSync(precious)).toMatchObject({ uid: 0, gid: 0, nlink: 1 });
		expect(lstatSync(precious).mode & 0o7777).toBe(0o644);
		expect(existsSync(`${precious}.new`)).toBe(false);
	}

	test('that are shared: planted files are neither written through nor waited for, and the update continues', async () => {
		giveToGroup('shared_statuses = true');
		const names = [
			'update-status.json',
			'change.json',
			'history.json',
			'available.json',
			'update-failure',
			'karen.json',
		];
		const plants = Object.values(PLANTS);
		const plantAll = (round: number) =>
			names.map((name, index) => {
				const path = join(box.layout.statuses, name);
				return `rm -rf ${path} ${path}.own; ${plants[(round + index) % plants.length]?.(path, precious)}`;
			});
		for (const round of plants.keys()) {
			asManager(plantAll(round).join('\n'));
			expect((await box.updater(round % 2 === 0 ? 'update' : 'check')).code, `round ${round}`).toBe(0);
			expectPrecious();
		}
		asManager(
			[...plantAll(0), `ln -s ${precious} ${box.layout.statuses}/temperature-status.json`].join('\n'),
		);
		box.publish({
			version: '1.1.0',
			requires: '*',
			does: { '00': 'echo hot > "$ROOT"/statuses/temperature-status.json' },
		});
		expect((await box.updater('update')).code).toBe(0);
		expectPrecious();
		expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0' });
		expect(box.legacyStatus()).toMatchObject({ state: 'success' });
		expect(lstatSync(box.layout.updateStatus)).toMatchObject({ uid: 0, nlink: 1 });
	});

	test('that are root’s: nothing can be planted, removed or renamed', async () => {
		giveToGroup('');
		expect((await box.updater('check')).code).toBe(0);
		const { updateStatus, statuses } = box.layout;
		for (const plant of Object.values(PLANTS))
			expect(() => asManager(plant(join(statuses, 'new'), precious))).toThrow(/Permission denied/);
		for (const line of [
			`rm ${updateStatus}`,
			`mv ${updateStatus} ${statuses}/other`,
			`mv ${statuses} ${statuses}.old`,
			`chmod 777 ${statuses}`,
		])
			expect(() => asManager(line), line).toThrow(/not permitted|Permission denied/);
		expect(() => asManager(`cat ${statuses}/available.json`)).not.toThrow();
	});
});

test('in events/signals: each is refused, none is read, and karen hears on', async () => {
	const box = new KarenBox();
	onTestFinished(() => box.close());
	for (const path of [box.dir, box.root, join(box.root, 'events')]) chmodSync(path, 0o755);
	chownSync(box.signals, MANAGER, MANAGERS_GROUP);
	const precious = join(box.dir, 'precious');
	writeFileSync(precious, '{"updateTo": "v1.2.3"}');
	const kinds = Object.entries(PLANTS);
	for (const index of kinds.keys()) box.recording(`plant-${index}`);
	box.recording('marker');
	await box.start();
	for (const [index, [, plant]] of kinds.entries())
		asManager(plant(join(box.signals, `plant-${index}`), precious));
	for (const [index, [what]] of kinds.entries()) {
		const report = await box.reported(`plant-${index}`, ({ state }) => state === 'refused');
		expect(report.error?.code, what).toBe(what === '20 GB' ? 'payload-too-large' : 'signal-file-refused');
	}
	asManager(`echo true > ${box.signals}/.new && mv ${box.signals}/.new ${box.signals}/marker`);
	await box.reported('marker', ({ state }) => state === 'done');
	expect(box.runs().map(({ name }) => name)).toEqual(['marker']);
});
