/** What every kind of step is: something to do and something to undo, side by side in one file. */
import type { ErrorRecord } from '../../../model/base/error.ts';
import type { Step, StepKind, StepRecords } from '../../../model/change/step.ts';
import type { ChangeWorld } from '../world.ts';

export interface StepHandler<K extends StepKind> {
	/**
	 * Does the step and returns what later steps and the undo need to know. Safe to run again after a cut at any point.
	 * Throws a Problem when it cannot be done, RunLater when it may be done a moment later.
	 */
	do(world: ChangeWorld, step: Extract<Step, { kind: K }>): Promise<StepRecords[K]>;
	/** Takes back what `do` did or began to do; whatever is left of it. Safe to run again. */
	readonly undo: ((world: ChangeWorld) => Promise<void>) | 'nothing-to-undo';
}

/** The step is to be tried again after a pause, within its budget: no failure yet. The record is why, should it become one. */
export class RunLater extends Error {
	readonly record: ErrorRecord;

	constructor(record: ErrorRecord) {
		super(record.message);
		this.record = record;
	}
}
