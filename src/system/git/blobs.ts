/** Streams blobs from the store: git itself never writes them to disk. */
import type { GitRemote, ObjectId } from './command.ts';
import { damaged, GitObjects } from './objects.ts';

/** A blob as listed in a tree. */
export interface ListedBlob {
	readonly id: ObjectId;
	readonly size: number;
}

/**
 * Reads blobs in this order, with only one piece in memory. Throws `state-damaged` before reading a blob
 * whose size differs from the listed one, and after reading a blob whose bytes do not match its id.
 */
export async function readBlobs(
	remote: GitRemote,
	blobs: readonly ListedBlob[],
	onBlob: (index: number, chunks: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
	const objects = await GitObjects.open(remote);
	try {
		objects.ask(blobs.map(({ id }) => id));
		for (const [index, blob] of blobs.entries()) {
			await objects.next(blob.id, async ({ type, size }, chunks) => {
				if (type !== 'blob' || size !== blob.size)
					throw damaged(`${blob.id} is a ${type} of ${size} bytes, listed with ${blob.size}`);
				await onBlob(index, chunks);
			});
		}
	} finally {
		objects.close();
	}
}
