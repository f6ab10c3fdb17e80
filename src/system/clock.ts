/** Time and randomness. Callers receive them as parameters, so that tests can pass their own. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Clock {
	/** Wall-clock milliseconds since 1970, which may jump either way. For display and records. */
	now(): number;
	/** Monotonic milliseconds. For waits and limits. */
	monotonic(): number;
	/** Resolves after this many milliseconds, or early when `signal` is aborted. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Node fires a timer of more milliseconds immediately. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	sleep: (milliseconds, signal) =>
		new Promise((resolve) => {
			if (signal?.aborted === true) return resolve();
			const timer = setTimeout(ended, Math.min(milliseconds, LONGEST_TIMER));
			signal?.addEventListener('abort', ended, { once: true });
			function ended() {
				clearTimeout(timer);
				signal?.removeEventListener('abort', ended);
				resolve();
			}
		}),
};

/** Returns this many random hexadecimal digits. */
export function randomHex(digits: number): string {
	return randomBytes(Math.ceil(digits / 2))
		.toString('hex')
		.slice(0, digits);
}

/** Returns the kernel's id of the present boot. A different id means that the machine was restarted. */
export function bootId(): string {
	return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Returns a wall-clock time as ISO 8601 in UTC. */
export function isoTime(now: number): string {
	return new Date(now).toISOString();
}
