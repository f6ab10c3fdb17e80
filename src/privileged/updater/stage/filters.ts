/** The rsync filters of a release: which part of the root belongs to the release and which to the user. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Filters } from '../../../system/files/rsync.ts';

/** What is ignored when the release brings no filters: hidden files, signals, statuses. */
const WITHOUT_FILTERS: readonly string[] = ['.*', 'events/signals', 'statuses'];

/** Returns the filters in `dir` (a release's `scripts/update`), or safe defaults when it has none. */
export function filtersIn(dir: string, spare: readonly string[]): Filters {
	const include = plainFile(join(dir, '.updateinclude'));
	const ignore = plainFile(join(dir, '.updateignore'));
	return ignore === undefined
		? { spare: [...spare, ...WITHOUT_FILTERS], include: undefined, ignore: undefined }
		: { spare, include, ignore };
}

/**
 * Returns whether the release brings its own filters: then its hooks delete what is neither its own nor the
 * user's.
 */
export function bringsFilters(filters: Filters): boolean {
	return filters.ignore !== undefined;
}

function plainFile(path: string): string | undefined {
	return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined;
}
