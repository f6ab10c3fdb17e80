/** Reads blobs out of the store, piece by piece: git never writes them to disk itself. */
import type { GitRemote, ObjectId } from './command.ts';
import { damaged, GitObjects } from './objects.ts';

/** A blob as a tree lists it. */
export interface ListedBlob {
	readonly id: ObjectId;
	readonly size: number;
}

/**
 * Reads blobs of the store in this order. Nothing is held in memory but the piece at hand. Throws
 * `state-damaged` for a blob that is of another size than it is listed with, before a byte of it is read, and
 * for one that is not what its name says, after it was read.
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
