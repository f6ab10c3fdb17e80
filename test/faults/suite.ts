/**
 * What a suite of the fault harness is: something broken on purpose again and again, and the rows that come
 * of it.
 */
import type { Row } from './result.ts';

export interface Effort {
	/** `full` for the table; `bounded` for CI: a sample of a few minutes. */
	readonly kind: 'full' | 'bounded';
	/** Which points a sample takes. */
	readonly seed: number;
	/** Words after the suite's name: which part of it to run, in the suite's own terms. */
	readonly only: readonly string[];
	/** One trial alone: its name, as a wrong end prints it. */
	readonly at: string | undefined;
	/** Trials at most, in each row. */
	readonly trials: number | undefined;
}

export interface Suite {
	/** What one types to run it alone. */
	readonly name: string;
	/**
	 * Prints its progress and every wrong end, with the command that runs that point alone; returns the rows.
	 */
	run(effort: Effort): Promise<readonly Row[]>;
}
