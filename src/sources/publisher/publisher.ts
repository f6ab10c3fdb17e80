/**
 * A published repository on a web server. The fetcher, which reads the network, starts with the first
 * request.
 */
import { dirname } from 'node:path';
import { contentPath } from '../../model/publication/repository.ts';
import type { Transfer } from '../../system/files/content-store.ts';
import { type Metadata, metadataRefused } from '../metadata.ts';
import { type FetchWorld, fetchBytes, fetchToFile } from './fetch.ts';

/** The fetcher, and how to close it. */
export interface OpenedWeb {
	readonly world: FetchWorld;
	close(): Promise<void>;
}

export interface Web {
	readonly documents: Metadata;
	/** Downloads a file of a release. */
	readonly transfer: Transfer;
	close(): Promise<void>;
}

/** Returns the repository at `url`. `open` is called once, with the first request. */
export function webAt(url: string, open: () => Promise<OpenedWeb>): Web {
	const base = url.replace(/\/+$/, '');
	let opened: Promise<OpenedWeb> | undefined;
	const world = async () => {
		opened ??= open();
		return (await opened).world;
	};
	return {
		documents: {
			read: async (path, limit) => await fetchBytes(await world(), { url: `${base}/${path}`, limit }),
		},
		async transfer(file, into, onBytes) {
			const path = contentPath(file.sha256);
			const wanted = { url: `${base}/${path}`, length: file.size, limit: file.size, sha256: file.sha256 };
			const { path: came } = await fetchToFile(await world(), wanted, dirname(into), onBytes);
			if (came !== into) throw metadataRefused(base, path, 'it came under another name');
		},
		async close() {
			const closing = opened?.catch(() => undefined);
			opened = undefined;
			await (await closing)?.close();
		},
	};
}
