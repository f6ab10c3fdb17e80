/** Measures free disk space, and syncs a whole file system. */
import { statfsSync, statSync } from 'node:fs';
import { runOrFail } from '../process/run-tool.ts';

/**
 * Network file systems and ZFS report the size of a transfer as block size; they store small files in less.
 */
const LARGEST_BLOCK = 4096;

/**
 * Returns the file system that contains `path`: its device number, its block size, and the bytes that this
 * user may still write.
 */
export function lookAtDisk(path: string): {
	readonly device: number;
	readonly block: number;
	readonly free: number;
} {
	const { bavail, bsize } = statfsSync(path);
	return { device: statSync(path).dev, block: Math.min(bsize, LARGEST_BLOCK), free: bavail * bsize };
}

/**
 * Makes everything written to the file system of `path` durable. One syncfs is much cheaper than an fsync per
 * file.
 */
export async function syncFileSystem(path: string): Promise<void> {
	await runOrFail(
		{ program: 'sync', args: ['--file-system', path], env: { PATH: '/usr/bin:/bin' }, timeout: 600_000 },
		'io-error',
		'the disk does not take what was written: look at the kernel log',
	);
}
