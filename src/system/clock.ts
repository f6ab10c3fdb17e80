/** Time and chance, as parameters: whoever needs one of these gets it handed in, so that tests hand in their own. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Clock {
	/** Milliseconds since 1970, as the wall clock says: may jump either way. For what people read. */
	now(): number;
	/** Milliseconds that only grow. For every wait and every limit. */
	monotonic(): number;
	/** Resolves after this many milliseconds, or early when `signal` is aborted. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Node ends a timer of more milliseconds at once. */
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

/** Returns this many hexadecimal digits of chance. */
export function randomHex(digits: number): string {
	return randomBytes(Math.ceil(digits / 2))
		.toString('hex')
		.slice(0, digits);
}

/** Returns the kernel's id of the present boot. Another id means that the machine went down in between. */
export function bootId(): string {
	return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Returns a wall-clock instant as people and status files write it: ISO 8601 in UTC. */
export function isoTime(now: number): string {
	return new Date(now).toISOString();
}
