/** Records a scenario: its disk before, and everything that reached the disk until the power went. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { until } from '../../until.ts';
import { type DiskEvent, decodeLog } from './disk-log.ts';
import { makeFileSystem, mountDisk, type OptionSet, unmount } from './mounting.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** What a recording is, in `recording.json` beside `base.img` and `log`. */
export interface Recording {
	readonly scenario: string;
	readonly options: OptionSet;
	/** Where the disk was mounted: absolute paths in it lead here. */
	readonly mountedAt: string;
	/** What the judge has to know. */
	readonly known: unknown;
}

export interface OpenRecording extends Recording {
	readonly dir: string;
	readonly base: string;
	readonly events: readonly DiskEvent[];
}

/** Compiles the recording disk into `dir`. */
export function compileDisk(dir: string): string {
	const program = join(dir, 'blklog');
	const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' })
		.trim()
		.split(/\s+/);
	execFileSync('gcc', ['-O2', '-Wall', '-o', program, join(import.meta.dirname, 'blklog.c'), ...flags], {
		stdio: 'pipe',
		timeout: 120_000,
	});
	return program;
}

/** Records the scenario into `dir`, which is made. `mountedAt` is an empty directory. */
export async function record(
	scenario: Scenario,
	options: OptionSet,
	dir: string,
	mountedAt: string,
	blklog: string,
): Promise<OpenRecording> {
	const [disk, base, log, fuse] = ['disk.img', 'base.img', 'log', 'fuse'].map((name) => join(dir, name)) as [
		string,
		string,
		string,
		string,
	];
	mkdirSync(fuse, { recursive: true });
	mkdirSync(mountedAt, { recursive: true });
	writeFileSync(disk, '');
	truncateSync(disk, scenario.size * 1024 * 1024);
	makeFileSystem(disk);
	await mounted(disk, mountedAt, options, () => scenario.prepare(mountedAt));
	copyFileSync(disk, base);
	const child = spawn(blklog, [disk, log, fuse], { stdio: ['ignore', 'inherit', 'inherit'] });
	const ended = once(child, 'exit');
	let known: unknown;
	let length = 0;
	try {
		await until('the recording disk', () => existsSync(join(fuse, 'disk')));
		const control = join(fuse, 'control');
		const mark = (text: string) => writeFileSync(control, `mark ${text}`);
		await mounted(join(fuse, 'disk'), mountedAt, options, async () => {
			mark('begun');
			known = await scenario.run({ dir: mountedAt, mark, control });
			// The power goes here: what unmounting writes back is never seen again.
			length = statSync(log).size;
		});
	} finally {
		await unmount(fuse);
		await ended;
	}
	truncateSync(log, length);
	truncateSync(disk, 0);
	const recording: Recording = { scenario: scenario.name, options, mountedAt, known };
	writeFileSync(join(dir, 'recording.json'), JSON.stringify(recording));
	return openRecording(dir);
}

/** Reads a recording that was made. */
export function openRecording(dir: string): OpenRecording {
	const recording = JSON.parse(readFileSync(join(dir, 'recording.json'), 'utf8')) as Recording;
	return {
		...recording,
		dir,
		base: join(dir, 'base.img'),
		events: decodeLog(readFileSync(join(dir, 'log'))),
	};
}

async function mounted(
	file: string,
	dir: string,
	options: OptionSet,
	act: () => Promise<unknown>,
): Promise<void> {
	await mountDisk(file, dir, options);
	try {
		await act();
	} finally {
		await unmount(dir);
	}
}
