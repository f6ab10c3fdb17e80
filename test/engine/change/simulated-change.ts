/** A simulated box whose effects can fail or be interrupted, to test the journal loop. */
import { expect } from 'vitest';
import { type Action, next } from '../../../src/engine/change/next.ts';
import { type PlanInstall, type Points, pointsOf } from '../../../src/engine/change/pipeline.ts';
import type { Limits } from '../../../src/engine/limits.ts';
import type { ErrorRecord } from '../../../src/model/base/error.ts';
import type { ChangeId, ChangeKind } from '../../../src/model/change/change.ts';
import type { Fact, JournalEntry, Opened } from '../../../src/model/change/journal.ts';
import type { Outcome } from '../../../src/model/change/outcome.ts';
import { type Step, stepId } from '../../../src/model/change/step-table.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import type { ReleaseTerms } from '../../../src/model/release/terms.ts';
import type { Version } from '../../../src/model/release/version.ts';
import { hooks as hooksInstaller } from '../../../src/privileged/updater/installers/hooks/hooks.ts';

/** The steps are those of the hooks installer. */
export const PLAN: PlanInstall = hooksInstaller.plan;

export const LIMITS: Limits = {
	pause: 1000,
	laterTries: 3,
	cuts: 3,
	undoTries: 2,
	undoCuts: 6,
	finishTries: 3,
	rebootTries: 3,
	facts: 400,
};
export const OLD = '1.0.0' as Version;
export const NEW = '2.0.0' as Version;

/**
 * What happens to an effect. A cut ends the process, and a new one resumes from the journal. A power cut also
 * restarts the machine, which for a reboot is success.
 */
export type Luck =
	| 'well'
	| 'fails'
	| 'later'
	| 'cut-before'
	| 'cut-in-the-middle'
	| 'cut-after'
	| 'power-cut';

/** Whether the release asks for a reboot. */
export type RebootTerm = ReleaseTerms['reboot'];

export interface World {
	files: 'old' | 'mixed' | 'new';
	services: 'old' | 'stopped' | 'new';
	backup: 'none' | 'half' | 'sealed';
	staging: boolean;
	/** Counts how often the machine was started. */
	boot: number;
	/** The boot in which 01, or what installs instead of it, ended. */
	installedIn: number;
}

export interface Run {
	readonly world: World;
	readonly outcome: Outcome;
	readonly journal: readonly JournalEntry[];
}

class Cut extends Error {}

class Failed extends Error {
	readonly again: 'later' | 'no';
	constructor(again: 'later' | 'no') {
		super(again);
		this.again = again;
	}
}

const ERROR: ErrorRecord = {
	code: 'hook-failed',
	message: 'it failed',
	hint: 'ask again',
	retry: 'later',
	facts: {},
};

/** Runs a change to its end; each effect takes the next piece of luck, and further effects succeed. */
export function run(
	kind: ChangeKind,
	hooks: readonly string[],
	luck: readonly Luck[],
	reboot: RebootTerm = 'never',
): Run {
	const world: World = {
		files: 'old',
		services: 'old',
		backup: 'none',
		staging: false,
		boot: 1,
		installedIn: 0,
	};
	const journal: JournalEntry[] = [];
	const left = [...luck];
	const append = (fact: Fact) => journal.push({ ...fact, seq: journal.length + 1, at: journal.length });
	append({ event: 'opened', opened: opening(kind) });
	for (let turn = 0; turn < 5000; turn += 1) {
		// Every pause is over.
		const action = next(journal, LIMITS.pause, LIMITS, PLAN);
		if (action.kind === 'close') {
			append({ event: 'closed', outcome: action.outcome });
			return { world, outcome: action.outcome, journal };
		}
		if (action.kind === 'nothing' || action.kind === 'wait')
			throw new Error(`an open change with ${action.kind} to do`);
		takeTurn(
			world,
			{ kind, hooks, reboot, points: pointsOf(journal) },
			action,
			left.shift() ?? 'well',
			append,
		);
	}
	throw new Error('the change never closed');
}

type Effect = Extract<Action, { kind: 'do' | 'undo' }>;

interface Change {
	readonly kind: ChangeKind;
	readonly hooks: readonly string[];
	readonly reboot: RebootTerm;
	/** The points that its journal shows when the effect begins. */
	readonly points: Points;
}

function takeTurn(
	world: World,
	change: Change,
	action: Effect,
	luck: Luck,
	append: (fact: Fact) => void,
): void {
	const step = stepId(action.step);
	const { attempt } = action;
	if (action.kind === 'undo') append({ event: 'undoing', step, attempt });
	else
		append({
			event: 'doing',
			step,
			attempt,
			...(action.step.kind === 'reboot' ? { boot: bootOf(world) } : {}),
		});
	try {
		strike(luckOf(action, luck), world, (extent) =>
			action.kind === 'do'
				? doIn(world, change, action.step, extent)
				: undoIn(world, change, action.step, extent),
		);
		const { hooks, reboot } = change;
		const record =
			step === ('inspect' as string) ? { hooks: [...hooks], deletes: 0, terms: { reboot } } : { any: true };
		append(action.kind === 'do' ? { event: 'done', step, record } : { event: 'undone', step });
	} catch (thrown) {
		append(factOf(thrown, action, world));
	}
}

function bootOf(world: World): string {
	return `boot ${world.boot}`;
}

/** A reboot succeeds when the machine goes down. */
function luckOf(action: Effect, luck: Luck): Luck {
	return action.step.kind === 'reboot' && luck === 'well' ? 'power-cut' : luck;
}

function factOf(thrown: unknown, action: Effect, world: World): Fact {
	const step = stepId(action.step);
	if (thrown instanceof Cut) return { event: 'resumed', boot: bootOf(world) };
	if (!(thrown instanceof Failed)) throw thrown;
	const error = { ...ERROR, facts: { step } };
	return action.kind === 'do'
		? { event: 'failed', step, error, again: thrown.again }
		: { event: 'undo-failed', step, error };
}

function strike(luck: Luck, world: World, effect: (extent: 'half' | 'whole') => void): void {
	if (luck === 'later') throw new Failed('later');
	if (luck === 'cut-before') throw new Cut();
	effect(luck === 'well' || luck === 'cut-after' ? 'whole' : 'half');
	if (luck === 'power-cut') world.boot += 1;
	if (luck === 'fails') throw new Failed('no');
	if (luck !== 'well') throw new Cut();
}

function opening(kind: ChangeKind): Opened {
	const change = '20261121-093000-abcd' as ChangeId;
	const tag = 'v2.0.0' as Tag;
	return {
		change,
		kind,
		product: 'box',
		from: OLD,
		to: NEW,
		tag,
		goal: tag,
		of: kind === 'rollback' ? change : null,
		trust: 'unsigned',
	};
}

function doIn(world: World, { kind, reboot }: Change, step: Step, extent: 'half' | 'whole'): void {
	switch (step.kind) {
		case 'stage':
			world.staging = true;
			return;
		case 'backup':
			// A backup taken of anything but the old release would be worth nothing.
			expect(world.files).toBe('old');
			world.backup = extent === 'whole' ? 'sealed' : 'half';
			return;
		case 'install':
		case 'restore':
			expect(world.backup, `${stepId(step)} needs a sealed backup`).toBe('sealed');
			if (step.kind === 'install' && Number.parseInt(step.subject, 10) >= 2) {
				if (reboot === 'after-01')
					expect(world.boot, `${stepId(step)} needs a boot of its own`).toBeGreaterThan(world.installedIn);
				return;
			}
			world.installedIn = world.boot;
			world.files = extent === 'whole' ? 'new' : 'mixed';
			world.services = extent === 'whole' && kind === 'update' ? 'new' : 'stopped';
			return;
		case 'restart':
			world.services = 'new';
			return;
		case 'clean':
			world.staging = false;
			return;
		default:
			return;
	}
}

function undoIn(world: World, { points }: Change, step: Step, extent: 'half' | 'whole'): void {
	switch (step.kind) {
		case 'stage':
			if (extent === 'whole') world.staging = false;
			return;
		case 'backup':
			// Before R nothing touched the files, also where the backup was sealed and only the word of it was
			// lost: nothing is put back.
			if (!points.R) return;
			expect(world.backup, 'a backup that R was noted for').toBe('sealed');
			world.files = extent === 'whole' ? 'old' : 'mixed';
			return;
		case 'handover':
			expect(world.files, 'the old release is started only when it is whole').toBe('old');
			world.services = extent === 'whole' ? 'old' : 'stopped';
			return;
		default:
			throw new Error(`${stepId(step)} has nothing to undo`);
	}
}
