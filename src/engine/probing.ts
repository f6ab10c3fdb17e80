/**
 * When which probe is asked, and what its answers mean. Pure; `now` is milliseconds by a clock that only grows.
 *
 *     waiting ──well──▶ soaking ──well until the soak is over──▶ passed
 *        │ unwell until the deadline     │ unwell once
 *        ▼                               ▼
 *      failed: never well              failed: relapsed
 */
import type { Probe } from '../model/config/probe.ts';

/** A probe that is being asked. */
export interface Asked {
	readonly probe: Probe;
	readonly startedAt: number;
	/** When it is asked next. */
	readonly due: number;
	/** When it was well for the first time. */
	readonly wellSince: number | undefined;
}

export type Verdict =
	| { readonly kind: 'passed' }
	| { readonly kind: 'ask-again'; readonly asked: Asked }
	| { readonly kind: 'failed'; readonly how: 'never-well' | 'relapsed' };

export function beginAsking(probe: Probe, now: number): Asked {
	return { probe, startedAt: now, due: now, wellSince: undefined };
}

/** Returns the probe whose turn it is: the one that is due first. */
export function firstDue(asked: readonly Asked[]): Asked | undefined {
	return asked.toSorted((a, b) => a.due - b.due)[0];
}

/** Returns what follows from one answer. */
export function judge(asked: Asked, answer: 'well' | 'unwell', now: number): Verdict {
	const { interval, deadline } = asked.probe;
	if (answer === 'unwell') {
		if (asked.wellSince !== undefined) return { kind: 'failed', how: 'relapsed' };
		if (now + interval >= asked.startedAt + deadline) return { kind: 'failed', how: 'never-well' };
		return { kind: 'ask-again', asked: { ...asked, due: now + interval } };
	}
	const wellSince = asked.wellSince ?? now;
	const left = soakLeft({ ...asked, wellSince }, now);
	if (left === 0) return { kind: 'passed' };
	return { kind: 'ask-again', asked: { ...asked, wellSince, due: now + Math.min(interval, left) } };
}

/** Returns how many milliseconds a probe that is well must still stay so. */
export function soakLeft({ wellSince, probe }: Asked, now: number): number {
	return wellSince === undefined ? probe.soak : Math.max(0, wellSince + probe.soak - now);
}
