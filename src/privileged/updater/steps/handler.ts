/** What every kind of step is: something to do and something to undo, side by side in one file. */
import type { Step, StepKind, StepRecords } from '../../../model/step.ts';
import type { ChangeWorld } from '../world.ts';

export interface StepHandler<K extends StepKind> {
	/**
	 * Does the step and returns what later steps and the undo need to know. Safe to run again after a cut at any point.
	 * Throws a Problem when it cannot be done, RunLater when a hook asks for it.
	 */
	do(world: ChangeWorld, step: Extract<Step, { kind: K }>): Promise<StepRecords[K]>;
	/** Takes back what `do` did or began to do; whatever is left of it. Safe to run again. */
	readonly undo: ((world: ChangeWorld) => Promise<void>) | 'nothing-to-undo';
}

/** A hook asks to be run later (exit 75 or 21): no failure yet. */
export class RunLater extends Error {}
