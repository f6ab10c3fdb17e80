/**
 * Decides which probe runs next and what its answers mean. Pure; `now` is milliseconds of a monotonic clock.
 *
 *     waiting ──healthy──▶ soaking ──healthy until the soak ends──▶ passed
 *        │ unhealthy until the deadline   │ unhealthy once
 *        ▼                                ▼
 *      failed: never well               failed: relapsed
 */
import type { Probe } from '../model/config/probe.ts';

/** A probe that has not passed yet. */
export interface Asked {
	readonly probe: Probe;
	readonly startedAt: number;
	/** When it runs next. */
	readonly due: number;
	/** When it first succeeded. */
	readonly wellSince: number | undefined;
}

export type Verdict =
	| { readonly kind: 'passed' }
	| { readonly kind: 'ask-again'; readonly asked: Asked }
	| { readonly kind: 'failed'; readonly how: 'never-well' | 'relapsed' };

export function beginAsking(probe: Probe, now: number): Asked {
	return { probe, startedAt: now, due: now, wellSince: undefined };
}

/** Returns the probe that is due first. */
export function firstDue(asked: readonly Asked[]): Asked | undefined {
	return asked.toSorted((a, b) => a.due - b.due)[0];
}

/** Returns what one answer means. */
export function verdictOf(asked: Asked, answer: 'well' | 'unwell', now: number): Verdict {
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

/** Returns how many milliseconds a healthy probe must still stay healthy. */
export function soakLeft({ wellSince, probe }: Asked, now: number): number {
	return wellSince === undefined ? probe.soak : Math.max(0, wellSince + probe.soak - now);
}
