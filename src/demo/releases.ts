/** The demo's releases, built from the files in examples/demo. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installation } from '../system/process/program.ts';

/** The product of the box and its releases. */
export const PRODUCT = 'bell';

const EXAMPLES = join(installation, 'examples/demo/');

export interface DemoRelease {
	readonly version: string;
	readonly requires: string;
	readonly notes: string;
	/** A directory of examples/demo whose files replace the usual ones. */
	readonly overlay?: string;
}

export const INSTALLED: DemoRelease = { version: '1.0.0', requires: '>=1.0.0', notes: 'The first bell.' };

/** In order of publication. 2.0.0 cannot be installed on 1.0.0: 1.1.0 is the stepping stone. */
export const GOOD: readonly DemoRelease[] = [
	{ version: '1.1.0', requires: '>=1.0.0', notes: 'Prepares the data for 2.0.0.' },
	{ version: '2.0.0', requires: '>=1.1.0', notes: 'A new bell. Needs 1.1.0 first.' },
];

export const BAD: DemoRelease = {
	version: '2.1.0',
	requires: '>=2.0.0',
	notes: 'Removes old data, and by mistake the rest.',
	overlay: 'v2.1.0',
};

/** A good release; the transport tampers with it. */
export const LAST: DemoRelease = {
	version: '2.2.0',
	requires: '>=2.0.0',
	notes: 'Sorts the visitors.',
	overlay: 'v2.2.0',
};
/** A program of LAST that runs as root. */
export const MIGRATION = 'service/migrate';

/** Writes the files of a release into `directory`. */
export function writeRelease(release: DemoRelease, directory: string): void {
	mkdirSync(directory, { recursive: true });
	cpSync(join(EXAMPLES, 'release'), directory, { recursive: true });
	if (release.overlay !== undefined) cpSync(join(EXAMPLES, release.overlay), directory, { recursive: true });
	const { version, requires, notes } = release;
	writeFileSync(
		join(directory, 'info.json'),
		`${JSON.stringify({ version, name: `Bell ${version}`, notes, requires }, null, '\t')}\n`,
	);
	writeFileSync(join(directory, 'service/greeting.txt'), `Hello from ${version}\n`);
}
