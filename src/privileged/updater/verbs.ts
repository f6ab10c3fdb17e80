/** What the updater is asked to do. Each verb runs under the locks that it names and returns its exit code. */
import { rmSync, writeFileSync } from 'node:fs';
import { makeChangeId } from '../../model/change.ts';
import { ERROR_CODES, type ErrorRecord, EXIT, type ExitCode, Problem, problem, recordOf } from '../../model/error.ts';
import { openedOf } from '../../model/journal.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { Available, Hop } from '../../model/plan.ts';
import type { Tag } from '../../model/tag.ts';
import { readWish, type Wish } from '../../model/wish.ts';
import { chance } from '../../system/clock.ts';
import { takeLock } from '../../system/lock.ts';
import { lastChange, rollbackTarget } from './change-history.ts';
import { openChange, reopenChange } from './change-journal.ts';
import { makePlan, publishAvailable } from './planning.ts';
import { readUpdateStatus } from './publisher.ts';
import { runChange } from './run-change.ts';
import { readInfo } from './steps/inspect.ts';
import type { World } from './world.ts';

/** How long a check waits for another one that reads the source, in milliseconds. */
const STORE_PATIENCE = 60_000;

/** Plans, publishes the plan, and returns it. */
export async function check(world: World): Promise<Available> {
	const taken = takeLock(world.layout.storeLock, STORE_PATIENCE);
	if (taken.kind === 'busy') throw busy();
	try {
		return await publishAvailable(world, readInfo(world.layout.root, 'the root'));
	} finally {
		taken.lock.release();
	}
}

/** Takes the wish from the payload or the status, and goes the whole way to it; without one, a single step. */
export async function update(world: World, payload: string): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const resumed = await resumeOpen(world);
		if (resumed !== undefined && resumed.kind !== 'committed') return exitOf(resumed);
		const installed = readInfo(world.layout.root, 'the root');
		try {
			refuseAfterTrouble(world);
			return await goTo(world, readWish(payload, readUpdateStatus(world.layout)));
		} catch (thrown) {
			return refuse(world, recordOf(thrown), installed.version);
		}
	});
}

/** Goes back to the release before the present one, with the files and the data of its backup. */
export async function rollback(world: World): Promise<ExitCode> {
	return await underLocks(world, async () => {
		await resumeOpen(world);
		const target = rollbackTarget(world);
		if (target === undefined) {
			const hint = 'a backup is kept for the last update only; install an older release by hand if you must';
			return refuse(world, problem('nothing-to-roll-back', 'cannot roll back: no backup is kept', hint).record, '');
		}
		const { opened, change } = target;
		const journal = openChange(
			world.layout,
			{
				...opened,
				change: newChange(world),
				kind: 'rollback',
				from: opened.to,
				to: opened.from,
				tag: `v${opened.from}` as Tag,
				goal: `v${opened.from}` as Tag,
				of: change,
			},
			world.clock,
		);
		return exitOf(await runChange(world, journal, 'opened'));
	});
}

/** Finishes the change that a killed updater or a power cut left open, if there is one. */
export async function resume(world: World): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const outcome = await resumeOpen(world);
		return outcome === undefined ? EXIT.done : exitOf(outcome);
	});
}

async function underLocks(world: World, act: () => Promise<ExitCode>): Promise<ExitCode> {
	const taken = takeLock(world.layout.updateLock, 0);
	if (taken.kind === 'busy') throw busy();
	const store = takeLock(world.layout.storeLock, STORE_PATIENCE);
	// Managers of older systems look for this file before they ask for an update.
	const mark = `${world.layout.statuses}/update-in-progress`;
	try {
		if (store.kind === 'busy') throw busy();
		writeFileSync(mark, '', { mode: 0o644 });
		return await act();
	} finally {
		rmSync(mark, { force: true });
		if (store.kind === 'held') store.lock.release();
		taken.lock.release();
	}
}

async function resumeOpen(world: World): Promise<Outcome | undefined> {
	const journal = reopenChange(world.layout, world.clock);
	if (journal === undefined) return undefined;
	try {
		return await runChange(world, journal, 'resumed');
	} finally {
		journal.close();
	}
}

async function goTo(world: World, wish: Wish): Promise<ExitCode> {
	const plan = await makePlan(world, readInfo(world.layout.root, 'the root'), wish);
	if (plan.reason !== null) throw new Problem(plan.reason);
	const hops = wish.kind === 'tag' ? plan.path : plan.path.slice(0, 1);
	let from = plan.installed;
	for (const hop of hops) {
		const outcome = await installHop(world, from, hop, hops.at(-1) ?? hop);
		if (outcome.kind !== 'committed') return exitOf(outcome);
		from = hop.version;
	}
	return EXIT.done;
}

async function installHop(world: World, from: Hop['version'], hop: Hop, goal: Hop): Promise<Outcome> {
	const { product, trust } = world.config;
	const journal = openChange(
		world.layout,
		{ change: newChange(world), kind: 'update', product, from, to: hop.version, tag: hop.tag, goal: goal.tag, of: null, trust: trust.mode },
		world.clock,
	);
	try {
		return await runChange(world, journal, 'opened');
	} finally {
		journal.close();
	}
}

/** After a rollback that failed the root may be neither release: only a rollback by hand is let through. */
function refuseAfterTrouble(world: World): void {
	const last = lastChange(world)?.entries().at(-1);
	if (last?.event !== 'closed' || last.outcome.kind !== 'needs-attention') return;
	throw problem(
		'needs-attention',
		`cannot update: the last change could not be rolled back: ${last.outcome.rollback.message}`,
		'mend what it names, then ask `signalbox rollback`',
		{
			facts: { change: openedOf(lastChange(world)?.entries() ?? [])?.change ?? '' },
		},
	);
}

function refuse(world: World, error: ErrorRecord, installed: string): ExitCode {
	world.log.problem(error);
	world.publisher.refuse(error, installed, world.config.trust.mode);
	process.stderr.write(`${error.message}\n${error.hint}\n`);
	return ERROR_CODES[error.code];
}

function exitOf(outcome: Outcome): ExitCode {
	switch (outcome.kind) {
		case 'committed':
			return EXIT.done;
		case 'dropped':
			// A refusal that changed nothing is the asker's business (3); bad luck that changed nothing is not (1).
			return ERROR_CODES[outcome.cause.code] === EXIT.refused ? EXIT.refused : EXIT.failed;
		case 'rolled-back':
			return EXIT.rolledBack;
		case 'needs-attention':
			return EXIT.needsAttention;
	}
}

function newChange(world: World) {
	return makeChangeId(world.clock.now(), chance(4));
}

function busy(): Problem {
	return problem('busy', 'cannot start: another update is at work', 'wait for it: `signalbox status` tells how far it is', {
		retry: 'later',
	});
}
