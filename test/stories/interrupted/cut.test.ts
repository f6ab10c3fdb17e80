/**
 * The updater is killed at every step, and `resume` finishes what it left: before R the update goes on, between R and C the old
 * release is put back, after C the new one is kept. Each time the root is one of the two, whole.
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
 * The moments at which a cut's end turns, and the first and the last step; with what becomes of a change that is cut there. The sweep of
 * `npm run faults` cuts everywhere, and the traces of the engine's tests have each step.
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

/** What a recovery of a cut after 01 writes down. */
const RECOVERY = [
	['undoing', 'backup'],
	['undone', 'backup'],
	['undoing', 'handover'],
	['undone', 'handover'],
	['undoing', 'stage'],
	['undone', 'stage'],
] as const;

/** What the root is with each release whole. */
const whole: { old: readonly string[]; new: readonly string[] } = { old: [], new: [] };

/** A box whose plain update was recorded, and whose recovery after a cut behind 01 was; and a copy of it when it was updated. */
const recorded = {} as { box: Box; updated: Box; update: Recording<Ended>; recovery: Recording<Ended> };

beforeAll(async () => {
	const box = makeBox(OLD);
	whole.old = box.fingerprint();
	box.publish(NEW);
	const update = await box.record([OPENED, ...FACTS.map(({ event, step }) => fact(event, step)), CLOSED]);
	expect(update.ended.code).toBe(0);
	whole.new = box.fingerprint();
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
	expect(box.fingerprint()).toEqual(isNew ? whole.new : whole.old);
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

test('a kill leaves what the recording shows', async () => {
	const look = (box: Box) => ({
		root: box.fingerprint(),
		journal: box.journal().map(({ event }) => event),
		said: [box.change().state, box.change().step, box.legacyStatus()['state']],
		isOpen: existsSync(box.layout.currentChange),
	});
	const killed = boxWith();
	await killed.killUpdater({ after: AFTER_01 });
	const inReality = look(killed);
	expect(look(cutAt(AFTER_01))).toEqual(inReality);
	expect((await killed.updater('resume')).code).toBe(4);
});

test.each(FACTS)('killed when $step is noted as $event: $end', async ({ event, step, end }) => {
	const box = cutAt(fact(event, step));
	const { code } = await box.updater('resume');
	expectEnd(box, code, end);
});

test('resumed again when nothing is left to do', async () => {
	const box = cutAt(AFTER_01);
	expect((await box.updater('resume')).code).toBe(4);
	const before = box.journal();
	expect((await box.updater('resume')).code).toBe(0);
	expect(box.journal()).toEqual(before);
});

test('killed after the opening, before anything was begun', async () => {
	const box = cutAt(OPENED);
	expect((await box.updater('resume')).code, 'no marker, so nothing was begun').toBe(0);
	expect(box.fingerprint()).toEqual(whole.old);
	expect(box.leftovers()).toEqual([]);
});

test('killed when the change was closed, before that was told', async () => {
	const box = cutAt(CLOSED);
	const { code } = await box.updater('resume');
	expectEnd(box, code, 'committed');
});

describe('killed again while it recovers', () => {
	test.each(RECOVERY)('when %s %s is noted', async (event, step) => {
		const { box, recovery } = recorded;
		recovery.rewind(fact(event, step));
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('before R, and then between R and C', async () => {
		const box = cutAt(fact('doing', 'backup'));
		await box.killUpdater({ after: fact('done', 'hook:01-run.sh') }, 'resume');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('before R, more often than an update may be cut', async () => {
		const box = cutAt(fact('doing', 'stage'));
		for (let cut = 0; cut < 3; cut += 1) await box.killUpdater({ after: fact('doing', 'inspect') }, 'resume');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'dropped');
	});
});

describe('killed in the middle of a hook', () => {
	test('that was started and not yet noted: it never begins', async () => {
		const box = boxWith({ does: { '00': 'sleep 1; echo spoilt > "$ROOT"/service.txt; sleep 60' } });
		await box.killUpdater({ before: '"startTicks"' });
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('that killed it first thing', async () => {
		const box = boxWith({
			does: { '01': 'kill -KILL $PPID; sleep 1; echo spoilt > "$ROOT"/service.txt; sleep 60' },
		});
		await box.updater('update');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('with children that go on: the whole group is ended', async () => {
		const box = boxWith({ does: { overlaid: 'sleep 300 & (sleep 301; true) & kill -KILL $PPID; wait' } });
		await box.updater('update');
		const hook = await until('the hook that was left behind', () =>
			processesOf(box.dir).find(({ command }) => command.includes('01-run.sh')),
		);
		const { code } = await box.updater('resume');
		expect(isAlive(hook.pid)).toBe(false);
		expectEnd(box, code, 'rolled-back');
	});

	test('that does not heed TERM', async () => {
		const box = boxWith({ does: { '02': 'trap "" TERM; kill -KILL $PPID; while :; do sleep 0.1; done' } });
		await box.updater('update');
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	test('after the commit: it is run again', async () => {
		const box = boxWith({
			does: { '03': '[[ -e "$ROOT"/db/once ]] || { touch "$ROOT"/db/once; kill -KILL $PPID; sleep 60; }' },
		});
		await box.updater('update');
		expect((await box.updater('resume')).code).toBe(0);
		expect(box.change()).toMatchObject({ state: 'committed', error: null });
		expect(box.leftovers()).toEqual([]);
	});
});

describe('killed in the middle of a copy', () => {
	/** The first copy that this pattern fits hangs. */
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

	test('of the backup: that copy is ended, and made anew', async () => {
		const box = boxWith();
		slowRsync(box, '/backup/tree/');
		const copy = await killWhileCopying(box);
		const { code } = await box.updater('resume');
		expect(isAlive(copy)).toBe(false);
		expectEnd(box, code, 'committed');
	});

	test('back from the backup: that copy is ended, and made anew', async () => {
		const box = boxWith({ does: { '02': 'exit 1' } });
		slowRsync(box, '--checksum');
		const copy = await killWhileCopying(box);
		expect((await box.updater('resume')).code).toBe(4);
		expect(isAlive(copy)).toBe(false);
		expect(box.fingerprint()).toEqual(whole.old);
		expect(box.change().error).toMatchObject({ code: 'hook-failed' });
		expect(box.leftovers()).toEqual([]);
	});
});

test('killed in the middle of staging: what was half written is staged anew', async () => {
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

test('TERM ends it like any other cut', async () => {
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

test('neither HUP nor INT nor PIPE ends it', async () => {
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
	])('torn at its end (%s) is cut there and resumed', async (_, torn) => {
		const box = cutAt(AFTER_01);
		appendFileSync(journalOf(box), torn);
		const { code } = await box.updater('resume');
		expectEnd(box, code, 'rolled-back');
	});

	/** Spoils one line of it. */
	const spoil = (path: string, at: number) => {
		const lines = readFileSync(path, 'utf8').split('\n');
		writeFileSync(
			path,
			lines.map((line, index) => (index === at ? line.replace('e', 'f') : line)).join('\n'),
		);
	};

	test.each([
		['in its middle', 3],
		['in its first line', 0],
	])(
		'damaged %s: nothing is touched, everybody is told, and the operator’s word ends it',
		async (_, line) => {
			const box = cutAt(AFTER_01);
			spoil(journalOf(box), line);
			const before = box.fingerprint();
			expect((await box.updater('resume')).code).toBe(7);
			expect(box.change()).toMatchObject({ state: 'needs-attention', error: { code: 'state-damaged' } });
			expect(box.legacyStatus()).toMatchObject({ state: 'failed', error: { code: 'state-damaged' } });
			expect((await box.updater('update')).code).toBe(7);
			expect(box.fingerprint()).toEqual(before);
			expect((await box.updater('rollback')).code).toBe(0);
			expect(box.fingerprint()).toEqual(whole.old);
			expect((await box.updater('update')).code).toBe(0);
			expect(box.fingerprint()).toEqual(whole.new);
		},
	);

	test.each<[string, (path: string) => void]>([
		['damaged', (path) => spoil(path, 3)],
		['gone', (path) => rmSync(path)],
		[
			'a directory',
			(path) => {
				rmSync(path);
				mkdirSync(path);
			},
		],
	])(
		'of a change that ended is %s: it is set apart and told, and stands in nobody’s way',
		async (_, harm) => {
			const box = copyForTest(recorded.updated);
			const path = join(box.layout.changes, box.change().change, 'journal');
			harm(path);
			const { code, stderr } = await box.updater('update');
			expect(code).toBe(0);
			expect(existsSync(`${path}.damaged`)).toBe(stderr.includes('set apart'));
			box.publish({ version: '1.2.0', requires: '>=1.1.0' });
			expect((await box.updater('update')).code).toBe(0);
		},
	);

	test.each(['', '../../etc', 'x'.repeat(10_000)])(
		'a marker that says %j: the journals tell which change is open',
		async (marker) => {
			const box = cutAt(AFTER_01);
			writeFileSync(box.layout.currentChange, marker);
			const { code } = await box.updater('resume');
			expectEnd(box, code, 'rolled-back');
			writeFileSync(box.layout.currentChange, marker);
			expect((await box.updater('resume')).code, 'none is').toBe(0);
			expect(box.leftovers()).toEqual([]);
		},
	);
});

describe('what is asked after a cut', () => {
	test('an update first ends the one that was cut, and says so', async () => {
		const box = cutAt(AFTER_01);
		const { code } = await box.updater('update');
		expectEnd(box, code, 'rolled-back');
		expect((await box.updater('update')).code).toBe(0);
		expect(box.fingerprint()).toEqual(whole.new);
	});

	test('an update after a cut behind C goes on to what was wished', async () => {
		const box = boxWith();
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		await box.killUpdater({ after: fact('done', 'commit') });
		box.writeStatus('{"updateTo": "v1.2.0"}');
		expect((await box.updater('update', 'true')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
	});

	test.each([
		['before R', 'doing', 'backup'],
		['behind C', 'done', 'commit'],
	])(
		'a stepping stone that was cut %s: the resume goes on to the release that was asked for',
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

	test('a rollback is done with the cut one', async () => {
		const box = copyForTest(recorded.updated);
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		await box.killUpdater({ after: fact('done', 'hook:01-run.sh') });
		expect((await box.updater('rollback')).code).toBe(0);
		expect(box.version(), 'not one release further back').toBe('1.1.0');
		expect(box.leftovers()).toEqual([]);
	});
});

test('what hooks of an earlier release brought is still known when the clean-up was cut', async () => {
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
