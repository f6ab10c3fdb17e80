/**
 * What every step is: something to do and, where its row in model/change/step-table.ts promises it, something
 * to undo.
 */
import type { ErrorRecord } from '../../model/base/error.ts';
import type { StepKind, StepRecords } from '../../model/change/step.ts';
import type { STEPS, Undone } from '../../model/change/step-table.ts';
import type { ChangeWorld } from './world.ts';

/**
 * A handler of a step `Doing` that leaves `Left` in the journal. It has an `undo` exactly where its row says
 * that there is one.
 */
export type Handler<U extends Undone, Doing, Left> = Doer<Doing, Left> &
	([U] extends ['never'] ? { readonly undo?: never } : Undoer<Doing>);

interface Doer<Doing, Left> {
	/**
	 * Does the step and returns what later steps and the undo need to know. Safe to run again after a cut at
	 * any point. Throws a Problem when it fails, RunLater when it may succeed after a pause.
	 */
	do(world: ChangeWorld, step: Doing): Promise<Left>;
}

interface Undoer<Doing> {
	/** Undoes what `do` did or began to do. Safe to run again. */
	undo(world: ChangeWorld, step: Doing): Promise<void>;
}

/** The handler of a shared step. */
export type StepHandler<K extends StepKind> = Handler<
	(typeof STEPS)[K]['undone'],
	{ readonly kind: K },
	StepRecords[K]
>;

/**
 * The step is tried again after a pause, within its budget: it did not fail yet. The record becomes the cause
 * if it does.
 */
export class RunLater extends Error {
	readonly record: ErrorRecord;

	constructor(record: ErrorRecord) {
		super(record.message);
		this.record = record;
	}
}
