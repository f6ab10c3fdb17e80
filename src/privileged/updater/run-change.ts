/** The loop of a change: ask `next` for an action, journal that it begins, do it, journal how it ended. */

import { type Action, next } from '../../engine/change/next.ts';
import { pointsOf } from '../../engine/change/pipeline.ts';
import type { Limits } from '../../engine/limits.ts';
import { recordOf } from '../../model/base/error.ts';
import { openedOf } from '../../model/change/journal.ts';
import type { Outcome } from '../../model/change/outcome.ts';
import { labelOf, progressOf, rowOf, type Step, stepId } from '../../model/change/step-table.ts';
import { dropBackup } from './backup/backup-tree.ts';
import type { Installer } from './installers/installer.ts';
import { type ChangeJournal, forgetOpenChange } from './journal/change-journal.ts';
import { dropOldChanges } from './journal/old-changes.ts';
import { rememberEnd } from './plan/failed-releases.ts';
import { noteVersion } from './plan/installed-version.ts';
import { endLeftover } from './run-script.ts';
import { RunLater } from './step-handler.ts';
import { type Steps, stepsOf } from './steps/index.ts';
import type { ChangeWorld, World } from './world.ts';

/** Limits that cannot be configured. */
const LIMITS = { cuts: 3, undoTries: 2, undoCuts: 12, finishTries: 3, facts: 400 } as const;

/**
 * Runs the change of this journal to its end and returns its outcome. `how` distinguishes a new change from
 * one that an earlier process left open. Crash at any moment: the next process continues from the last whole
 * line.
 */
export async function runChange(
	world: World,
	journal: ChangeJournal,
	installer: Installer,
	how: 'opened' | 'resumed',
): Promise<Outcome> {
	const opened = openedOf(journal.entries());
	if (opened === undefined) throw new Error('a change without an opening');
	const change: ChangeWorld = {
		...world,
		opened,
		journal: journal.entries,
		points: () => pointsOf(journal.entries()),
		dir: journal.dir,
	};
	world.publisher.begin(opened, journal.entries()[0]?.at ?? world.clock.now());
	if (how === 'resumed') await endLeftover(change);
	if (how === 'resumed' && !journal.entries().some((entry) => entry.event === 'closed')) {
		journal.append({ event: 'resumed', boot: world.boot() });
	}
	const outcome = await loop(change, journal, installer);
	if (outcome.kind === 'committed') noteVersion(world.layout, outcome.version);
	const withheld = rememberEnd(world, opened, outcome);
	world.publisher.end(
		outcome,
		outcome.kind === 'committed' && opened.goal !== opened.tag ? 'another' : 'nothing',
		withheld,
	);
	if (outcome.kind === 'rolled-back' || outcome.kind === 'dropped') dropBackup(journal.dir);
	forgetOpenChange(world.layout);
	dropOldChanges(world.layout);
	return outcome;
}

async function loop(change: ChangeWorld, journal: ChangeJournal, installer: Installer): Promise<Outcome> {
	const steps = stepsOf(installer);
	for (;;) {
		const action = next(journal.entries(), journal.idle(), limitsOf(change), installer.plan);
		if (action.kind === 'close') journal.append({ event: 'closed', outcome: action.outcome });
		if (action.kind === 'close') return action.outcome;
		if (action.kind === 'nothing') return closedOutcome(journal);
		await act({ change, journal, steps }, action);
	}
}

/** The change was closed, but a crash came before its end was reported. */
function closedOutcome(journal: ChangeJournal): Outcome {
	const closed = journal.entries().find((entry) => entry.event === 'closed');
	if (closed?.event !== 'closed') throw new Error('nothing to do in an open change');
	return closed.outcome;
}

function limitsOf({ config }: World): Limits {
	const { pause, later } = config.hooks;
	return {
		...LIMITS,
		rebootTries: config.reboot.tries,
		pause,
		laterTries: Math.max(1, Math.ceil(later / Math.max(1, pause))),
	};
}

type Effect = Exclude<Action, { kind: 'close' | 'nothing' }>;

interface Work {
	readonly change: ChangeWorld;
	readonly journal: ChangeJournal;
	readonly steps: Steps;
}

async function act(work: Work, action: Effect): Promise<void> {
	const { change } = work;
	switch (action.kind) {
		case 'do':
			await doOne(work, action.step, action.attempt);
			return;
		case 'undo':
			await undoOne(work, action.step, action.attempt);
			return;
		case 'wait':
			change.publisher.moment({
				state: 'waiting',
				step: stepId(action.step),
				progress: 1,
				description:
					action.step.kind === 'reboot'
						? 'Waiting for the machine to restart'
						: 'Waiting: the release asked to be tried later',
			});
			await change.clock.sleep(action.milliseconds);
			return;
	}
}

async function doOne({ change, journal, steps }: Work, step: Step, attempt: number): Promise<void> {
	const id = stepId(step);
	journal.append({
		event: 'doing',
		step: id,
		attempt,
		...(step.kind === 'reboot' ? { boot: change.boot() } : {}),
	});
	change.log.info('doing', { change: change.opened.change, step: id, attempt });
	change.publisher.moment({
		state: rowOf(step).state,
		step: id,
		progress: progressOf(step),
		description: labelOf(step, change.opened.tag),
	});
	try {
		const record = await steps.do(change, step);
		journal.append({ event: 'done', step: id, record });
	} catch (thrown) {
		const later = thrown instanceof RunLater;
		const error = later ? thrown.record : recordOf(thrown);
		change.log.problem(error, { change: change.opened.change, step: id });
		journal.append({ event: 'failed', step: id, error, again: later ? 'later' : 'no' });
	}
}

async function undoOne({ change, journal, steps }: Work, step: Step, attempt: number): Promise<void> {
	const id = stepId(step);
	journal.append({ event: 'undoing', step: id, attempt });
	change.log.info('undoing', { change: change.opened.change, step: id, attempt });
	change.publisher.moment({
		state: 'rolling-back',
		step: id,
		progress: 1,
		description: `Restoring ${change.opened.from}`,
	});
	try {
		await steps.undo(change, step);
		journal.append({ event: 'undone', step: id });
	} catch (thrown) {
		const error = recordOf(thrown);
		change.log.problem(error, { change: change.opened.change, step: id });
		journal.append({ event: 'undo-failed', step: id, error });
	}
}
