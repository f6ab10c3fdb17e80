/**
 * The updater is killed at every step, and `resume` finishes the change: before R the update continues,
 * between R and C it is rolled back, after C the new release stays. Each time the root is completely one of
 * the two.
 */
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, boxForTest, copyBox, copyForTest, type Ended, makeBox } from '../../box/box.ts';
import type { Recording } from '../../box/cuts/recording.ts';
import { isAlive, processesOf } from '../../box/processes.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { until } from '../../until.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const NEW: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

const fact = (event: string, step: string) => `"event":"${event}","step":"${step}"`;

/**
 * The moments at which the result of an interruption changes, and the first and last step, each with that
 * result. `npm run faults` interrupts everywhere, and the engine's trace tests cover each step.
 */
const FACTS = [
	{ event: 'doing', step: 'fetch', end: 'committed' },
	{ event: 'doing', step: 'stage', end: 'committed' },
	{ event: 'doing', step: 'inspect', end: 'committed' },
	{ event: 'doing', step: 'backup', end: 'committed' },
	{ event: 'done', step: 'backup', end: 'rolled-back' },
	{ event: 'done', step: 'hook:01-run.sh', end: 'rolled-back' },
	{ event: 'done', step: 'switch', end: 'rolled-back' },
	{ event: 'doing', step: 'commit', end: 'rolled-back' },
	{ event: 'done', step: 'commit', end: 'committed' },
	{ event: 'doing', step: 'clean', end: 'committed' },
	{ event: 'done', step: 'clean', end: 'committed' },
] as const;

const OPENED = '"event":"opened"';
const CLOSED = '"event":"closed"';
const AFTER_01 = fact('done', 'hook:01-run.sh');

/** What the recovery from an interruption after 01 records. */
const RECOVERY = [
	['undoing', 'backup'],
	['undone', 'backup'],
	['undoing', 'handover'],
	['undone', 'handover'],
	['undoing', 'stage'],
	['undone', 'stage'],
] as const;

/** The root with each complete release. */
const complete: { old: readonly string[]; new: readonly string[] } = { old: [], new: [] };

/** A box with recordings of a plain update and of the recovery after 01, and a copy of the updated box. */
const recorded = {} as { box: Box; updated: Box; update: Recording<Ended>; recovery: Recording<Ended> };

beforeAll(async () => {
	const box = makeBox(OLD);
	complete.old = box.fingerprint();
	box.publish(NEW);
	const update = await box.record([OPENED, ...FACTS.map(({ event, step }) => fact(event, step)), CLOSED]);
	expect(update.ended.code).toBe(0);
	complete.new = box.fingerprint();
	const updated = copyBox(box);
	update.rewind(AFTER_01);
	const recovery = await box.record(
		RECOVERY.map(([event, step]) => fact(event, step)),
		'resume',
	);
	expect(recovery.ended.code).toBe(4);
	Object.assign(recorded, { box, updated, update, recovery });
});
afterAll(async () => {
	await recorded.box.remove();
	await recorded.updated.remove();
});

/** The recorded box as a kill at this point of its update leaves it. */
function cutAt(point: string): Box {
	recorded.update.rewind(point);
	return recorded.box;
}

function boxWith(release: Partial<CitadelRelease> = {}): Box {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, ...release });
	return box;
}

type End = 'committed' | 'rolled-back' | 'dropped';

function expectEnd(box: Box, code: number | null, end: End): void {
	const isNew = end === 'committed';
	expect({ code, state: box.change().state, error: box.change().error?.code }).toEqual({
		code: { committed: 0, 'rolled-back': 4, dropped: 1 }[end],
		state: end === 'dropped' ? 'failed' : end,
		error: isNew ? undefined : 'interrupted',
	});
	expect(box.fingerprint()).toEqual(isNew ? complete.new : complete.old);
	expect(box.history().map(({ outcome, change }) => ({ outcome, change }))).toEqual([
		{ outcome: end, change: box.change().change },
	]);
	expect(box.legacyStatus()).toMatchObject({
		state: isNew ? 'success' : 'failed',
		progress: 100,
		updateTo: '',
	});
	expect(box.leftovers()).toEqual([]);
}

test('a recording shows the same state as a real kill', async () => {
	const look = (box: Box) => ({
		root: box.fingerprint(),
		journal: box.journal().map(({ event }) => event),
		said: [box.change().state, box.change().step, box.legacyStatus()['state']],
		isOpen: existsSync(box.layout.currentChange),
	});
	const killed = boxWith();
	await killed.killUpdater({ after: AFTER_01 });
	const afterKill = look(killed);
	expect(look(cutAt(AFTER_01))).toEqual(afterKill);
	expect((await killed.updater('resume')).code).toBe(4);
});

test.each(FACTS)('resumes to $end when killed after $event $step', async ({ event, step, end }) => {
	const box = cutAt(fact(event, step));
	const { code } = await box.updater('resume');
	expectEnd(box, code, end);
});

test('does nothing when resumed a second time', async () => {
	const box = cutAt(AFTER_01);
	expect((await box.updater('resume')).code).toBe(4);
	const before = box.journal();
	expect((await box.updater('resume')).code).toBe(0);
	expect(box.journal()).toEqual(before);
});

test('drops a change that was killed right after it was opened', async () => {
	const box = cutAt(OPENED);
	expect((await box.updater('resume')).code, 'no marker, so nothing had begun').toBe(0);
	expect(box.fingerprint()).toEqual(complete.old);
	expect(box.leftovers()).toEqual([]);
});

test('reports a closed change that was killed before its end was published', async () => {
	const box = cutAt(CLOSED);
	const { code } = await box.updater('resume');
	expectEnd(box, code, 'committed');
});

describe('a second kill during recovery', () => {
	test.each(RECOVERY)('after %s %s still rolls back', async (event, step) => {
		const { box, recovery } = recorded;
		recovery.rewind(fact(event, step));
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('before R and then between R and C rolls back', async () => {
		const box = cutAt(fact('doing', 'backup'));
		await box.killUpdater({ after: fact('done', 'hook:01-run.sh') }, 'resume');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('drops the change after too many interruptions before R', async () => {
		const box = cutAt(fact('doing', 'stage'));
		for (let cut = 0; cut < 3; cut += 1) await box.killUpdater({ after: fact('doing', 'inspect') }, 'resume');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'dropped');
	});
});

describe('a kill during a hook', () => {
	test('that was started but not recorded ends the hook before it begins', async () => {
		const box = boxWith({ does: { '00': 'sleep 1; echo damaged > "$ROOT"/service.txt; sleep 60' } });
		await box.killUpdater({ before: '"startTicks"' });
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('that kills the updater immediately rolls back', async () => {
		const box = boxWith({
			does: { '01': 'kill -KILL $PPID; sleep 1; echo damaged > "$ROOT"/service.txt; sleep 60' },
		});
		await box.updater('update');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('ends the whole process group of the hook', async () => {
		const box = boxWith({ does: { overlaid: 'sleep 300 & (sleep 301; true) & kill -KILL $PPID; wait' } });
		await box.updater('update');
		const hook = await until('the remaining hook', () =>
			processesOf(box.dir).find(({ command }) => command.includes('01-run.sh')),
		);
		const { code } = await box.updater('resume');
		expect(isAlive(hook.pid)).toBe(false);
		expectEnd(box, code, 'rolled-back');
	});

	test('ends a hook that ignores TERM', async () => {
		const box = boxWith({ does: { '02': 'trap "" TERM; kill -KILL $PPID; while :; do sleep 0.1; done' } });
		await box.updater('update');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('after the commit runs the hook again', async () => {
		const box = boxWith({
			does: { '03': '[[ -e "$ROOT"/db/once ]] || { touch "$ROOT"/db/once; kill -KILL $PPID; sleep 60; }' },
		});
		await box.updater('update');
		expect((await box.updater('resume')).code).toBe(0);
		expect(box.change()).toMatchObject({ state: 'committed', error: null });
		expect(box.leftovers()).toEqual([]);
	});
});

describe('a kill during a copy', () => {
	/** Makes the first copy that matches this pattern hang. */
	function slowRsync(box: Box, when: string): void {
		const dir = join(box.dir, 'slow');
		mkdirSync(dir);
		const hang = `if [[ "$*" == *${when}* ]] && mkdir ${box.dir}/hangs 2>/dev/null; then echo $$ > ${box.dir}/hangs/pid; sleep 60; fi`;
		writeFileSync(join(dir, 'rsync'), `#!/bin/bash\n${hang}\nexec /usr/bin/rsync "$@"\n`, { mode: 0o755 });
		box.configure(`[hooks]\npath = ["${dir}", "/usr/bin", "/bin"]`);
	}

	async function killWhileCopying(box: Box): Promise<number> {
		const { child, ended } = box.startUpdater('update');
		const mark = join(box.dir, 'hangs/pid');
		const pid = Number(await until('the copy', () => existsSync(mark) && readFileSync(mark, 'utf8').trim()));
		child.kill('SIGKILL');
		await ended;
		return pid;
	}

	test('of the backup ends that copy and repeats it', async () => {
		const box = boxWith();
		slowRsync(box, '/backup/tree/');
		const copy = await killWhileCopying(box);
		const { code } = await box.updater('resume');
		expect(isAlive(copy)).toBe(false);
		expectEnd(box, code, 'committed');
	});

	test('from the backup ends that copy and repeats it', async () => {
		const box = boxWith({ does: { '02': 'exit 1' } });
		slowRsync(box, '--checksum');
		const copy = await killWhileCopying(box);
		expect((await box.updater('resume')).code).toBe(4);
		expect(isAlive(copy)).toBe(false);
		expect(box.fingerprint()).toEqual(complete.old);
		expect(box.change().error).toMatchObject({ code: 'hook-failed' });
		expect(box.leftovers()).toEqual([]);
	});
});

test('stages again after a kill during staging', async () => {
	const many = Object.fromEntries(
		Array.from({ length: 1500 }, (_, index) => [`many/${index}`, `${index}\n`.repeat(100)]),
	);
	const box = boxWith({ files: many });
	await box.killUpdater({ before: many['many/750'] ?? '' });
	const half = readdirSync(join(box.root, '.citadel-v1.1.0/many')).length;
	expect(half).toBeGreaterThan(1);
	expect(half).toBeLessThan(1500);
	expect((await box.updater('resume')).code).toBe(0);
	expect(readdirSync(join(box.root, 'many'))).toHaveLength(1500);
	expect(box.leftovers()).toEqual([]);
});

test('rolls back after TERM like after any other interruption', async () => {
	const box = boxWith({ does: { '01': 'touch "$ROOT"/db/.waiting; sleep 60' } });
	const { child, ended } = box.startUpdater('update');
	await until('hook 01', () => existsSync(join(box.root, 'db/.waiting')));
	child.kill('SIGTERM');
	await ended;
	expect((await box.updater('resume')).code).toBe(4);
	expect(box.change().error).toMatchObject({ code: 'interrupted' });
	expect(box.version()).toBe('1.0.0');
	expect(box.leftovers()).toEqual([]);
});

test('ignores HUP, INT and PIPE', async () => {
	const box = boxWith({
		does: { '01': 'for signal in HUP INT PIPE; do kill -"$signal" $PPID; sleep 0.2; done' },
	});
	expect((await box.updater('update')).code).toBe(0);
	expect(box.change()).toMatchObject({ state: 'committed', error: null });
});

describe('the journal', () => {
	const journalOf = (box: Box) =>
		join(box.layout.changes, readFileSync(box.layout.currentChange, 'utf8').trim(), 'journal');

	test.each([
		['half a line', '1234abcd {"event":"doi'],
		['a line with a wrong checksum', '00000000 {"event":"done"}\n'],
		['zeros', '\0'.repeat(512)],
	])('is truncated and resumed when its end is torn (%s)', async (_, torn) => {
		const box = cutAt(AFTER_01);
		appendFileSync(journalOf(box), torn);
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	/** Damages one line of it. */
	const damage = (path: string, at: number) => {
		const lines = readFileSync(path, 'utf8').split('\n');
		writeFileSync(
			path,
			lines.map((line, index) => (index === at ? line.replace('e', 'f') : line)).join('\n'),
		);
	};

	test.each([
		['in its middle', 3],
		['in its first line', 0],
	])('damaged %s changes nothing, needs attention, and a rollback by hand resolves it', async (_, line) => {
		const box = cutAt(AFTER_01);
		damage(journalOf(box), line);
		const before = box.fingerprint();
		expect((await box.updater('resume')).code).toBe(7);
		expect(box.change()).toMatchObject({ state: 'needs-attention', error: { code: 'state-damaged' } });
		expect(box.legacyStatus()).toMatchObject({ state: 'failed', error: { code: 'state-damaged' } });
		expect((await box.updater('update')).code).toBe(7);
		expect(box.fingerprint()).toEqual(before);
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.fingerprint()).toEqual(complete.old);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.fingerprint()).toEqual(complete.new);
	});

	test.each<[string, (path: string) => void]>([
		['damaged', (path) => damage(path, 3)],
		['gone', (path) => rmSync(path)],
		[
			'a directory',
			(path) => {
				rmSync(path);
				mkdirSync(path);
			},
		],
	])('of an ended change that is %s is set aside, reported, and does not block updates', async (_, harm) => {
		const box = copyForTest(recorded.updated);
		const path = join(box.layout.changes, box.change().change, 'journal');
		harm(path);
		const { code, stderr } = await box.updater('update');
		expect(code).toBe(0);
		expect(existsSync(`${path}.damaged`)).toBe(stderr.includes('is now kept as'));
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		expect((await box.updater('update')).code).toBe(0);
	});

	test.each(['', '../../etc', 'x'.repeat(10_000)])(
		'tells which change is open when the marker says %j',
		async (marker) => {
			const box = cutAt(AFTER_01);
			writeFileSync(box.layout.currentChange, marker);
			const { code } = await box.updater('resume');
			expectEnd(box, code, 'rolled-back');
			writeFileSync(box.layout.currentChange, marker);
			expect((await box.updater('resume')).code, 'no change is open').toBe(0);
			expect(box.leftovers()).toEqual([]);
		},
	);
});

describe('a request after an interruption', () => {
	test('finishes the interrupted update first and reports it', async () => {
		const box = cutAt(AFTER_01);
		const { code } = await box.updater('update');
		expectEnd(box, code, 'rolled-back');
		expect((await box.updater('update')).code).toBe(0);
		expect(box.fingerprint()).toEqual(complete.new);
	});

	test('goes on to the requested release after an interruption after C', async () => {
		const box = boxWith();
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		await box.killUpdater({ after: fact('done', 'commit') });
		box.writeStatus('{"updateTo": "v1.2.0"}');
		expect((await box.updater('update', 'true')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
	});

	test.each([
		['before R', 'doing', 'backup'],
		['after C', 'done', 'commit'],
	])(
		'resumes a stepping stone interrupted %s and goes on to the requested release',
		async (_, event, step) => {
			const box = boxWith();
			box.publish({ version: '1.2.0', requires: '>=1.1.0' });
			box.writeStatus('{"updateTo": "v1.2.0"}');
			await box.killUpdater({ after: fact(event, step) });
			expect(box.change()).toMatchObject({ to: '1.1.0', goal: 'v1.2.0' });
			expect((await box.updater('resume')).code).toBe(0);
			expect(box.version()).toBe('1.2.0');
			expect(box.history().map(({ to, outcome }) => `${to} ${outcome}`)).toEqual([
				'1.2.0 committed',
				'1.1.0 committed',
			]);
			expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100 });
			expect(box.leftovers()).toEqual([]);
		},
	);

	test('counts the rollback of the interrupted change as the requested rollback', async () => {
		const box = copyForTest(recorded.updated);
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		await box.killUpdater({ after: fact('done', 'hook:01-run.sh') });
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.version(), 'not another release further back').toBe('1.1.0');
		expect(box.leftovers()).toEqual([]);
	});
});

test('remembers what hooks of an earlier release brought when the clean-up was interrupted', async () => {
	const box = boxForTest(OLD);
	box.publish({
		...NEW,
		does: { started: 'mkdir -p "$ROOT"/cache; echo made by 1.1.0 > "$ROOT"/cache/file' },
	});
	expect((await box.updater('update')).code).toBe(0);
	const keepsAll =
		'#!/bin/sh\nrsync -a --exclude=/db ../../ "$2"/\ncp ../../service.txt "$2"/logs/service.running\n';
	box.publish({
		version: '1.2.0',
		requires: '>=1.1.0',
		files: { 'scripts/update/01-run.sh': { text: keepsAll, mode: 0o755 } },
	});
	await box.killUpdater({ after: '"version":"1.2.0","tag"', syncs: 2 });
	expect((await box.updater('resume')).code).toBe(0);
	box.publish({ version: '1.3.0', requires: '>=1.2.0' });
	expect((await box.updater('update')).code).toBe(0);
	expect(existsSync(join(box.root, 'cache'))).toBe(false);
});
