/**
 * How releases reach the demo's box: a directory, a web server or a git host. Each can tamper with a file.
 */

/** Changes the text of a file, as an untrusted transport could. */
export type Change = (text: string) => string;

/** A file of one release. */
export interface ReleaseFile {
	readonly tag: string;
	readonly path: string;
}

export interface Transport {
	/** The URL in the box's configuration. */
	readonly url: string;
	/** Further arguments of `signalbox release publish`. */
	readonly publishWords: readonly string[];
	/** Receives the tree of a release before its manifest is published. */
	take(tag: string, tree: string): Promise<void>;
	/** Changes one published file. Returns a function that restores it. */
	tamper(file: ReleaseFile, change: Change): Promise<() => Promise<void>>;
	close(): Promise<void>;
}
