/**
 * Writes are on disk before journal and statuses report them: the order of the system calls of a whole
 * change. These tests name the call responsible; `npm run faults -- cuts` cuts the power at any of them.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeBox, REPOSITORY } from '../../box/box.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { compileKillat, runCounted } from '../../faults/killat/killat.ts';
import { pointsOf } from '../../faults/points.ts';
import { builtProgram } from '../../programs.ts';

interface Call {
	readonly step: string;
	readonly name: string;
	/** The changed path below the directory of the box; for a rename, the new path. */
	readonly path: string;
	/** For a rename, the old path. */
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
				builtProgram('updater'),
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

/**
 * Whether the whole file system is synced after the last call of the step that changed anything below `path`.
 */
function isSynced(calls: readonly Call[], step: string, path: string): boolean {
	const ofStep = calls.filter((call) => call.step === step);
	const recorded = ofStep.findLastIndex((call) => call.name === 'write' && call.path.endsWith('/journal'));
	const before = ofStep.slice(0, recorded);
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
	])('records that %s is done only when its writes to %s are on disk', (step, path) => {
		expect(isSynced(calls, step, path)).toBe(true);
	});

	test.each(['change.json', 'update-status.json', 'history.json'])('writes its end to %s durably', (file) => {
		const ofEnd = calls.filter(({ step }) => step === 'closed');
		const renamed = ofEnd.findLastIndex((call) => call.path === `root/statuses/${file}`);
		const from = ofEnd[renamed]?.from;
		const synced = (some: readonly Call[]) =>
			some.filter(({ name }) => name === 'fsync').map(({ path }) => path);
		expect(synced(ofEnd.slice(0, renamed))).toContain(from);
		expect(synced(ofEnd.slice(renamed))).toContain('root/statuses');
	});

	test('syncs a fetch before it removes the unsynced marker', () => {
		const unmarked = calls.flatMap(({ name, path }, index) =>
			name === 'unlink' && path === 'state/store.git.unsynced' ? [index] : [],
		);
		expect(unmarked).not.toEqual([]);
		for (const index of unmarked)
			expect(calls[index - 1]).toMatchObject({ name: 'syncfs', path: 'state/store.git' });
	});
});

test('records restore and restart of a failed update only when both are on disk', async () => {
	const calls = await callsOfUpdate({ version: '1.1.0', requires: '*', does: { '02': 'exit 1' } }, 4);
	expect(isSynced(calls, 'undo backup', 'root/')).toBe(true);
	expect(isSynced(calls, 'undo handover', 'root/logs/')).toBe(true);
});
