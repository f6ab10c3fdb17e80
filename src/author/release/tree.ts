/** An author's release, from a git tag or a directory: unchecked names and bytes. */

export interface TreeFile {
	readonly path: string;
	/** `other` is a kind of entry that no release can hold; `why` names it. */
	readonly kind: 'file' | 'link' | 'other';
	readonly mode: 0o644 | 0o755;
	/** Size in bytes; for a link, of its target. */
	readonly size: number;
	readonly why: string;
}

export interface AuthorTree {
	/** Displayed name: `v1.2.3 of /home/ada/lamp`. */
	readonly name: string;
	readonly files: readonly TreeFile[];
	/** Entries that a release would lose silently: empty directories. */
	readonly lost: readonly string[];
	/** Reads the files and links of `files` in order; `onFile` must read all `chunks` of each. */
	read(
		files: readonly TreeFile[],
		onFile: (file: TreeFile, chunks: AsyncIterable<Buffer>) => Promise<void>,
	): Promise<void>;
}

/** Returns the contents of the files that `wanted` selects and that have at most `limit` bytes, by path. */
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
