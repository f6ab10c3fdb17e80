/** Directories and trees: created durably, inspected without following links, and removed. */
import {
	chmodSync,
	closeSync,
	constants,
	fsyncSync,
	lstatSync,
	mkdirSync,
	openSync,
	rmSync,
	type Stats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '../../model/base/errno.ts';

const { O_RDONLY, O_DIRECTORY } = constants;

/** Makes the names in a directory durable. The files in it are synced by their writers. */
export function syncDirectory(path: string): void {
	const fd = openSync(path, O_RDONLY | O_DIRECTORY);
	try {
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}

/**
 * Creates a directory and its parents durably with this mode, regardless of the umask. An existing directory
 * stays as it is.
 */
export function makeDirectory(path: string, mode: number): void {
	const first = mkdirSync(path, { recursive: true, mode });
	if (first === undefined) return;
	for (let made = resolve(path); made.startsWith(resolve(first)); made = dirname(made)) {
		chmodSync(made, mode);
		syncDirectory(dirname(made));
	}
}

/** Removes a file or a whole tree, if it exists. Links in it are removed, not followed. */
export function removeTree(path: string): void {
	rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Returns the stats of `path` without following links, or undefined if it is missing or a parent is not a
 * directory.
 */
export function lookAt(path: string): Stats | undefined {
	try {
		return lstatSync(path);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return undefined;
		throw thrown;
	}
}
