/** Two sides measured in the same rounds become one ratio with the interval that chance leaves it. */
import { median, quantile } from './quantile.ts';
import type { Random } from './random.ts';

/** What both sides took in one round, side by side on the same machine in the same minute. */
export interface Round {
	readonly ours: readonly number[];
	readonly peer: readonly number[];
}

export interface Ratio {
	/** The median over the rounds of ours ÷ peer. */
	readonly ratio: number;
	/** Where nine of ten repetitions would put it (bootstrap over the rounds). */
	readonly low: number;
	readonly high: number;
	/** Medians over the rounds, in the unit of the measurements. They only explain the ratio. */
	readonly ours: number;
	readonly peer: number;
	/** Measurements of our side. */
	readonly n: number;
}

const RESAMPLES = 2000;

/**
 * Pairs the sides round by round, so that what the machine did meanwhile meets both, and compares the
 * quantile `share` of each. Rounds in which a side has no measurement are left out; undefined when none
 * remains.
 */
export function ratioOf(rounds: readonly Round[], share: number, random: Random): Ratio | undefined {
	const whole = rounds.filter((round) => round.ours.length > 0 && round.peer.length > 0);
	if (whole.length === 0) return undefined;
	const ours = whole.map((round) => quantile(round.ours, share));
	const peer = whole.map((round) => quantile(round.peer, share));
	const ratios = ours.map((value, round) => value / (peer[round] ?? Number.NaN));
	const medians = Array.from({ length: RESAMPLES }, () => median(resample(ratios, random)));
	return {
		ratio: median(ratios),
		low: quantile(medians, 0.05),
		high: quantile(medians, 0.95),
		ours: median(ours),
		peer: median(peer),
		n: whole.reduce((sum, round) => sum + round.ours.length, 0),
	};
}

function resample(numbers: readonly number[], random: Random): number[] {
	return numbers.map(() => numbers[Math.floor(random() * numbers.length)] ?? Number.NaN);
}
