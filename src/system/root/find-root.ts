/** Finds the root when the caller names none. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { problem } from '../../model/base/error.ts';

/**
 * Returns the nearest directory from `from` upwards that is a root: it contains `info.json` and `events/`.
 * Throws `root-missing`.
 */
export function findRoot(from: string): string {
	for (let at = resolve(from); ; at = dirname(at)) {
		if (isRoot(at)) return at;
		if (at === '/') break;
	}
	throw problem(
		'root-missing',
		`cannot find a root at or above ${resolve(from)}`,
		'name one with --root DIR, or make one with signalbox init',
		{
			facts: { from: resolve(from) },
		},
	);
}

function isRoot(path: string): boolean {
	return existsSync(join(path, 'info.json')) && existsSync(join(path, 'events'));
}
