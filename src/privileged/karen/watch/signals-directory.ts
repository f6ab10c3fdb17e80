/** The directory of the signals, held open while it is looked at: nobody can swap it for another one in between. */
import { closeSync, constants, openSync } from 'node:fs';
import { errnoOf } from '../../../system/files/files.ts';

export type Looked<T> =
	| { readonly kind: 'looked'; readonly value: T }
	| { readonly kind: 'missing' }
	/** It is a link, or no directory at all. */
	| { readonly kind: 'refused'; readonly why: string };

/** Calls `act` with a path that means the directory at `path` and no other, whatever happens to that name meanwhile. */
export function inDirectory<T>(path: string, act: (at: string) => T): Looked<T> {
	const fd = open(path);
	if (typeof fd !== 'number') return fd;
	try {
		return { kind: 'looked', value: act(`/proc/self/fd/${fd}`) };
	} finally {
		closeSync(fd);
	}
}

function open(path: string): number | Looked<never> {
	const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
	try {
		return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	} catch (thrown) {
		switch (errnoOf(thrown)) {
			case 'ENOENT':
				return { kind: 'missing' };
			case 'ELOOP':
			case 'ENOTDIR':
				return { kind: 'refused', why: `${path} is a link or no directory` };
			default:
				throw thrown;
		}
	}
}
