/** Whether a figure reaches its goal, and whether the machine was quiet enough to say so. */
import type { Ratio } from './ratio.ts';

/** `noted`: the metric has no goal of its own. */
export type Verdict = 'met' | 'not met' | 'noisy' | 'noted';

/** A control (a peer against itself) that strays further than this says that the run measured the machine. */
const CONTROL_LIMIT = 0.3;

/**
 * Returns how far the control strays: from the lowest to the highest of its interval, with 1 (what it should
 * be) in it.
 */
export function spreadOf(control: Ratio): number {
	return Math.max(control.high, 1) / Math.min(control.low, 1) - 1;
}

/** Judges a ratio that must be `goal` at most, if there is one. A noisy run is never a pass, nor a fail. */
export function judgeRatio(measured: Ratio, goal: number | undefined, control: Ratio): Verdict {
	if (!(spreadOf(control) <= CONTROL_LIMIT)) return 'noisy';
	if (goal === undefined) return 'noted';
	return measured.ratio <= goal ? 'met' : 'not met';
}

/** Judges something counted, which no noise excuses. */
export function judgeCount(count: number, goal: number): Verdict {
	return count <= goal ? 'met' : 'not met';
}
