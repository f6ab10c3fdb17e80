/** Creates the missing signals directory without following links. */
import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf } from '../../../model/base/errno.ts';
import type { Layout } from '../../../model/base/layout.ts';
import { inDirectory } from './signals-directory.ts';

/** The group can write, and new files belong to the group. */
const FOR_THE_GROUP = 0o2770;
const FOR_ONE_USER = 0o755;

/**
 * Creates `events/signals` if only `events` exists. `gid` is the group that may send signals; undefined: no
 * group.
 */
export function makeSignals(
	layout: Pick<Layout, 'events' | 'signals'>,
	gid: number | undefined,
): 'made' | 'kept' {
	const made = inDirectory(layout.events, (events) => makeOne(`${events}/${basename(layout.signals)}`, gid));
	return made.kind === 'value' ? made.value : 'kept';
}

function makeOne(path: string, gid: number | undefined): 'made' | 'kept' {
	try {
		mkdirSync(path, 0o700);
	} catch (thrown) {
		if (errnoOf(thrown) === 'EEXIST') return 'kept';
		throw thrown;
	}
	const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
	try {
		if (gid !== undefined) fchownSync(fd, -1, gid);
		fchmodSync(fd, gid === undefined ? FOR_ONE_USER : FOR_THE_GROUP);
	} finally {
		closeSync(fd);
	}
	return 'made';
}
