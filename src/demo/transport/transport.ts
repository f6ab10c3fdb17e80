/** How the releases of the demo come to its box: by a directory, a web server or a git host, each of them dishonest when asked to be. */

/** Changes the text of a file as who carries it could. */
export type Change = (text: string) => string;

/** A file of one release. */
export interface CarriedFile {
	readonly tag: string;
	readonly path: string;
}

export interface Transport {
	/** As the box's configuration says it. */
	readonly url: string;
	/** What `signalbox release publish` is told besides. */
	readonly publishWords: readonly string[];
	/** Takes the tree of a release before its manifest is published. */
	take(tag: string, tree: string): Promise<void>;
	/** Changes the bytes of one file where they lie. Returns what puts them back. */
	tamper(file: CarriedFile, change: Change): Promise<() => Promise<void>>;
	close(): Promise<void>;
}
