/** Space on disk, and making all of it durable at once. */
import { statfsSync } from 'node:fs';
import { runOrFail } from './run-tool.ts';

/** Returns how many bytes this user may still write to the file system that holds `path`. */
export function freeBytes(path: string): number {
	const { bavail, bsize } = statfsSync(path);
	return bavail * bsize;
}

/** Makes everything written to the file system that holds `path` durable: one syncfs, where an fsync a file costs far more. */
export async function syncFileSystem(path: string): Promise<void> {
	await runOrFail(
		{ program: 'sync', args: ['--file-system', path], env: { PATH: '/usr/bin:/bin' }, timeout: 600_000 },
		'io-error',
		'the disk does not take what was written: look at the kernel log',
	);
}
