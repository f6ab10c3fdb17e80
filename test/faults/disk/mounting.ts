/**
 * Loop devices and mounts of one trial. All of it happens in a mount namespace of its own: with its last
 * process all is gone.
 */
import { execFileSync } from 'node:child_process';
import { until } from '../../until.ts';

/**
 * Sets of mount options: what Debian gives, and the promises taken back that ext4 makes to programs without
 * fsync.
 */
export const OPTION_SETS = {
	defaults: 'defaults',
	strict: 'data=writeback,noauto_da_alloc',
} as const;

export type OptionSet = keyof typeof OPTION_SETS;

/**
 * There are eight loop devices, and others may use them: how long is waited for a free one, in milliseconds.
 */
const PATIENCE = 120_000;

/** Mounts an image or a disk's file at `dir`. Throws what mount said when it cannot be mounted. */
export async function mountDisk(file: string, dir: string, options: OptionSet): Promise<void> {
	const args = ['-t', 'ext4', '-o', `loop,${OPTION_SETS[options]}`, file, dir];
	await until('a free loop device', () => !isBusy(() => run('mount', args)), PATIENCE);
}

/** Unmounts `dir`; a program that was killed a moment ago may still hold it. */
export async function unmount(dir: string): Promise<void> {
	await until(`the end of the mount ${dir}`, () => !isBusy(() => run('umount', [dir])), 20_000);
}

/** Makes an ext4 in `file`, whose size it has already. */
export function makeFileSystem(file: string): void {
	run('mkfs.ext4', [
		'-q',
		'-F',
		'-m',
		'0',
		'-J',
		'size=4',
		'-E',
		'lazy_itable_init=0,lazy_journal_init=0',
		file,
	]);
}

function isBusy(act: () => void): boolean {
	try {
		act();
		return false;
	} catch (thrown) {
		if (/loop device|loop control|busy/.test(String(thrown))) return true;
		throw thrown;
	}
}

function run(program: string, args: readonly string[]): void {
	execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, encoding: 'utf8' });
}

/**
 * Ends this process, and with it its namespaces and mounts, when the one that started it is gone: it holds
 * our standard input.
 */
export function endWithParent(): void {
	process.stdin.once('end', () => process.exit(1));
	process.stdin.resume();
}
