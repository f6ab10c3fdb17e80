/** The directory that the doorbell is: made where it is missing, and never put into a place that a link leads to. */
import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { Layout } from '../../../model/base/layout.ts';
import { errnoOf } from '../../../system/files/files.ts';
import { inDirectory } from './signals-directory.ts';

/** The group writes; what its members make belongs to the group too. */
const FOR_THE_GROUP = 0o2770;
const FOR_ONE_USER = 0o755;

/** Makes `events/signals` if `events` is there and it is not. `gid` is the group that may ring; undefined: only ourselves. */
export function makeSignals(
	layout: Pick<Layout, 'events' | 'signals'>,
	gid: number | undefined,
): 'made' | 'kept' {
	const made = inDirectory(layout.events, (events) => makeOne(`${events}/${basename(layout.signals)}`, gid));
	return made.kind === 'looked' ? made.value : 'kept';
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
