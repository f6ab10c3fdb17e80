/** A wall clock of a box's own: libfaketime. */
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Box, type Running, startProgram } from '../box.ts';

/**
 * Starts a program of ours with a wall clock of its own; `time` is libfaketime's, read anew at each look from
 * the file `clock`.
 */
export function startAt(box: Box, time: string, ...args: readonly string[]): Running {
	const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
	if (library === undefined) throw new Error('libfaketime is missing: scripts/dev/need-tools installs it');
	setClock(box, time);
	return startProgram([...args, '--root', box.root, '--config', box.config], '', {
		LD_PRELOAD: library,
		FAKETIME_TIMESTAMP_FILE: join(box.dir, 'clock'),
		FAKETIME_NO_CACHE: '1',
		FAKETIME_DONT_FAKE_MONOTONIC: '1',
	});
}

export function setClock(box: Box, time: string): void {
	writeFileSync(join(box.dir, 'clock'), `${time}\n`);
}
