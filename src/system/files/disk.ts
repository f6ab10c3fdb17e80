/** Space on disk, and making all of it durable at once. */
import { statfsSync, statSync } from 'node:fs';
import { runOrFail } from '../process/run-tool.ts';

/** File systems over a network, and ZFS, name the size of a transfer; they keep small files in less. */
const LARGEST_BLOCK = 4096;

/**
 * Returns the file system that holds `path`: its device number, the bytes of a block, the bytes that this
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
 * Makes everything written to the file system that holds `path` durable: one syncfs, where an fsync a file
 * costs far more.
 */
export async function syncFileSystem(path: string): Promise<void> {
	await runOrFail(
		{ program: 'sync', args: ['--file-system', path], env: { PATH: '/usr/bin:/bin' }, timeout: 600_000 },
		'io-error',
		'the disk does not take what was written: look at the kernel log',
	);
}
