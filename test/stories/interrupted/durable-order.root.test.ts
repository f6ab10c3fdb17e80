/**
 * What the journal and the statuses say is on disk before they say it: the order of the calls of a whole change. That nothing is lost when
 * the power goes at any of them is tried by `npm run faults -- cuts`; here stands which call saw to it.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeBox, REPOSITORY } from '../../box/box.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { compileKillat, runCounted } from '../../faults/killat/killat.ts';
import { pointsOf } from '../../faults/points.ts';

interface Call {
	readonly step: string;
	readonly name: string;
	/** What it changes, below the directory of the box; of a rename: what it becomes. */
	readonly path: string;
	/** Of a rename: what it was. */
	readonly from: string | undefined;
}

/** Runs one update and returns all its calls that change the root or the state. */
async function callsOfUpdate(release: CitadelRelease, expected: number): Promise<readonly Call[]> {
	const box = makeBox({ version: '1.0.0', requires: '*' });
	try {
		box.publish(release);
		const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
		const { code, stderr, calls } = await runCounted(compileKillat(box.dir), {
			command: [
				process.execPath,
				'src/privileged/updater/main.ts',
				'update',
				'--root',
				box.root,
				'--config',
				box.config,
			],
			cwd: REPOSITORY,
			input: '',
			env: { PATH, NODE_COMPILE_CACHE },
			below: [box.root, box.state],
			log: join(box.dir, 'run'),
			limit: 110,
		});
		expect(code, stderr).toBe(expected);
		return pointsOf(calls, box.journal()).map(({ step, call }, index) => {
			const words = (calls[index] ?? '')
				.slice((calls[index] ?? '').indexOf(call) + call.length + 1)
				.split(' -> ');
			const [path = '', from] = words.map((word) => word.slice(box.dir.length + 1)).reverse();
			return { step, name: call, path, from };
		});
	} finally {
		await box.remove();
	}
}

/** Whether all of the file system is synced after the last call of the step that changed anything below `path`. */
function isSynced(calls: readonly Call[], step: string, path: string): boolean {
	const ofStep = calls.filter((call) => call.step === step);
	const told = ofStep.findLastIndex((call) => call.name === 'write' && call.path.endsWith('/journal'));
	const before = ofStep.slice(0, told);
	const changed = before.findLastIndex((call) => call.name !== 'syncfs' && call.path.startsWith(path));
	expect(changed, `${step} changes nothing in ${path}`).toBeGreaterThan(-1);
	return before.slice(changed).some(({ name }) => name === 'syncfs');
}

describe('an update', () => {
	let calls: readonly Call[] = [];
	beforeAll(async () => {
		const does = { '02': 'echo 02 > "$ROOT"/logs/02', '03': 'echo 03 > "$ROOT"/logs/03' };
		calls = await callsOfUpdate({ version: '1.1.0', requires: '*', does }, 0);
	});

	test.each([
		['stage', 'root/.citadel-v1.1.0/'],
		['backup', 'state/changes/'],
		['hook:00-run.sh', 'root/.citadel-backup/'],
		['hook:01-run.sh', 'root/logs/'],
		['hook:02-run.sh', 'root/logs/'],
		['hook:03-run.sh', 'root/logs/'],
	])('is told that %s is done when what it wrote to %s is on disk', (step, path) => {
		expect(isSynced(calls, step, path)).toBe(true);
	});

	test.each(['change.json', 'update-status.json', 'history.json'])(
		'tells its end in %s so that it stays told',
		(file) => {
			const ofEnd = calls.filter(({ step }) => step === 'closed');
			const renamed = ofEnd.findLastIndex((call) => call.path === `root/statuses/${file}`);
			const from = ofEnd[renamed]?.from;
			const synced = (some: readonly Call[]) =>
				some.filter(({ name }) => name === 'fsync').map(({ path }) => path);
			expect(synced(ofEnd.slice(0, renamed))).toContain(from);
			expect(synced(ofEnd.slice(renamed))).toContain('root/statuses');
		},
	);

	test('seals a fetch before it takes away the mark that it is not on disk', () => {
		const unmarked = calls.flatMap(({ name, path }, index) =>
			name === 'unlink' && path === 'state/store.git.unsynced' ? [index] : [],
		);
		expect(unmarked).not.toEqual([]);
		for (const index of unmarked)
			expect(calls[index - 1]).toMatchObject({ name: 'syncfs', path: 'state/store.git' });
	});
});

test('an update that fails is told that the old release is back and started when both are on disk', async () => {
	const calls = await callsOfUpdate({ version: '1.1.0', requires: '*', does: { '02': 'exit 1' } }, 4);
	expect(isSynced(calls, 'undo backup', 'root/')).toBe(true);
	expect(isSynced(calls, 'undo handover', 'root/logs/')).toBe(true);
});
