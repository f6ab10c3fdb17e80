/** A release as its author has it: a tag of a git repository, or a directory. Names and bytes, nothing judged yet. */

export interface TreeFile {
	readonly path: string;
	/** `other`: what cannot be in a release; `why` says what it is. */
	readonly kind: 'file' | 'link' | 'other';
	readonly mode: 0o644 | 0o755;
	/** Bytes; of a link, of its target. */
	readonly size: number;
	readonly why: string;
}

export interface AuthorTree {
	/** For people: `v1.2.3 of /home/ada/lamp`. */
	readonly name: string;
	readonly files: readonly TreeFile[];
	/** What would be lost without a word: empty directories. */
	readonly lost: readonly string[];
	/** Reads files and links of `files`, in this order; `onFile` must read each `chunks` to its end. */
	read(
		files: readonly TreeFile[],
		onFile: (file: TreeFile, chunks: AsyncIterable<Buffer>) => Promise<void>,
	): Promise<void>;
}

/** Returns the whole contents of the files that `wanted` names and that hold no more than `limit` bytes, by path. */
export async function readWhole(
	tree: AuthorTree,
	wanted: readonly TreeFile[],
	limit: number,
): Promise<ReadonlyMap<string, Buffer>> {
	const contents = new Map<string, Buffer>();
	const small = wanted.filter(({ size, kind }) => kind !== 'other' && size <= limit);
	await tree.read(small, async ({ path }, chunks) => {
		const pieces: Buffer[] = [];
		for await (const chunk of chunks) pieces.push(chunk);
		contents.set(path, Buffer.concat(pieces));
	});
	return contents;
}
