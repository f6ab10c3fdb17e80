/** How releases reach this machine: their metadata and their bytes. */
import type { Contents } from './contents.ts';
import type { Metadata } from './metadata.ts';

export interface Transport {
	readonly documents: Metadata;
	readonly contents: Contents;
	/** The location, for messages. */
	readonly where: string;
	/** Releases its resources, such as the fetcher process. */
	close(): Promise<void>;
}
