/** What a line hands back, and how it is printed. */
import type { Ratio } from './ratio.ts';
import { spreadOf, type Verdict } from './verdict.ts';

export type Result =
	| {
			readonly kind: 'ratio';
			readonly metric: string;
			readonly sides: string;
			readonly unit: string;
			readonly measured: Ratio;
			readonly control: Ratio;
			readonly goal: number | undefined;
			readonly verdict: Verdict;
	  }
	| {
			readonly kind: 'count';
			readonly metric: string;
			/** What was counted: `lost`, `misses`. */
			readonly counted: string;
			readonly count: number;
			/** Out of how many. */
			readonly n: number;
			readonly goal: number;
			readonly verdict: Verdict;
			readonly note?: string;
	  }
	/** A peer that is not on this machine: never a pass. */
	| { readonly kind: 'skipped'; readonly metric: string; readonly install: string }
	/** The line did not come to its end. */
	| {
			readonly kind: 'broken';
			readonly metric: string;
			readonly how: 'failed' | 'too long';
			readonly why: string;
	  };

/** Returns the line for people: metric, ours against peer, ratio [low–high], n, goal, verdict. */
export function printed(result: Result): string {
	const metric = result.metric.padEnd(34);
	switch (result.kind) {
		case 'ratio':
			return `${metric} ${printedRatio(result)}`;
		case 'count':
			return `${metric} ${printedCount(result)}`;
		case 'skipped':
			return `${metric} skipped (install ${result.install})`;
		case 'broken':
			return `${metric} broken: ${result.why}`;
	}
}

function printedRatio({
	sides,
	unit,
	measured,
	control,
	goal,
	verdict,
}: Extract<Result, { kind: 'ratio' }>): string {
	const ratio = `${figure(measured.ratio)} [${figure(measured.low)}–${figure(measured.high)}]`;
	const explained = `${figure(measured.ours)} to ${figure(measured.peer)} ${unit}; control ${percent(spreadOf(control))}`;
	return `${sides.padEnd(22)} ${ratio.padEnd(20)} n ${String(measured.n).padEnd(6)} ${printedGoal(goal)} ${verdict.padEnd(8)} ${explained}`;
}

function printedCount({
	counted,
	count,
	n,
	goal,
	verdict,
	note,
}: Extract<Result, { kind: 'count' }>): string {
	const shown = `${count} ${counted}`.padEnd(20);
	return `${'karen'.padEnd(22)} ${shown} n ${String(n).padEnd(6)} ${printedGoal(goal)} ${verdict.padEnd(8)} ${note ?? ''}`.trimEnd();
}

function printedGoal(goal: number | undefined): string {
	return (goal === undefined ? 'no goal' : `goal ≤ ${goal}`).padEnd(12);
}

function figure(value: number): string {
	if (value >= 100) return value.toFixed(0);
	return value >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

function percent(share: number): string {
	return `±${Math.round(share * 100)} %`;
}
