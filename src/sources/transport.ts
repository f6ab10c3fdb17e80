/** Who carries releases here: their documents and their bytes. */
import type { Contents } from './contents.ts';
import type { Metadata } from './metadata.ts';

export interface Transport {
	readonly documents: Metadata;
	readonly contents: Contents;
	/** For people: where that is. */
	readonly where: string;
	/** Lets go of what it holds: a process that reads the network. */
	close(): Promise<void>;
}
