/**
 * Access to a directory through one open descriptor, so that another user cannot replace it during the
 * access.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { errnoOf } from '../../../model/base/errno.ts';

export type DirectoryResult<T> =
	| { readonly kind: 'value'; readonly value: T }
	| { readonly kind: 'missing' }
	/** It is a link or not a directory. */
	| { readonly kind: 'refused'; readonly why: string };

/**
 * Calls `act` with a path that always means the directory opened at `path`, even if that name is replaced.
 */
export function inDirectory<T>(path: string, act: (at: string) => T): DirectoryResult<T> {
	const fd = open(path);
	if (typeof fd !== 'number') return fd;
	try {
		return { kind: 'value', value: act(`/proc/self/fd/${fd}`) };
	} finally {
		closeSync(fd);
	}
}

function open(path: string): number | DirectoryResult<never> {
	const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
	try {
		return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	} catch (thrown) {
		switch (errnoOf(thrown)) {
			case 'ENOENT':
				return { kind: 'missing' };
			case 'ELOOP':
			case 'ENOTDIR':
				return { kind: 'refused', why: `${path} is a link or not a directory` };
			default:
				throw thrown;
		}
	}
}
