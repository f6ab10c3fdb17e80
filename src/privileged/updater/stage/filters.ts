/** The rsync filters of a release: what of the root is the release's and what is the user's. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Filters } from '../../../system/files/rsync.ts';

/** What a root ignores when its release brings no filters: hidden files, the door, the statuses. */
const WITHOUT_FILTERS: readonly string[] = ['.*', 'events/signals', 'statuses'];

/** Returns the filters in `dir` (a release's `scripts/update`), or careful ones when it has none. */
export function filtersIn(dir: string, spare: readonly string[]): Filters {
	const include = plainFile(join(dir, '.updateinclude'));
	const ignore = plainFile(join(dir, '.updateignore'));
	return ignore === undefined
		? { spare: [...spare, ...WITHOUT_FILTERS], include: undefined, ignore: undefined }
		: { spare, include, ignore };
}

/** Returns whether the release says itself what is the user's: then its hooks delete what is neither. */
export function bringsFilters(filters: Filters): boolean {
	return filters.ignore !== undefined;
}

function plainFile(path: string): string | undefined {
	return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined;
}
