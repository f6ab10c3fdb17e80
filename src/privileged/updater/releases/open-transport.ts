/** Opens the transport that the configuration names. */
import { type ClockSense, clockSenseAt } from '../../../model/base/earliest-time.ts';
import { transferFrom } from '../../../sources/directory/directory.ts';
import { type FileWorld, fileContents } from '../../../sources/file-contents.ts';
import { directoryMetadata, type Metadata } from '../../../sources/metadata.ts';
import { openFetcher } from '../../../sources/publisher/open-fetcher.ts';
import { type OpenedWeb, webAt } from '../../../sources/publisher/publisher.ts';
import { archiveReader } from '../../../sources/release-archive.ts';
import type { Transport } from '../../../sources/transport.ts';
import type { Clock } from '../../../system/clock.ts';
import { fetcherAccount } from '../../../system/fetcher/account.ts';
import { ContentStore } from '../../../system/files/content-store.ts';
import { makeDirectory } from '../../../system/files/directories.ts';
import { publicUrl } from '../../../system/git/command.ts';
import { timeSeen } from '../journal/change-journal.ts';
import { requireRoomFor } from '../plan/space.ts';
import type { Place } from '../world.ts';

export interface TransportLocation extends Place {
	readonly clock: Clock;
}

/** Opens the transport of a source that is not git (open-git.ts); it connects on the first read. */
export function openTransport(place: TransportLocation, kind: 'directory' | 'publisher'): Transport {
	const { url } = place.config.source;
	switch (kind) {
		case 'directory': {
			const contents = fileContents({ ...fileWorld(place), transfer: transferFrom(url) });
			return { documents: directoryMetadata(url), contents, where: url, close: async () => undefined };
		}
		case 'publisher': {
			const web = webAt(url, () => openNetwork(place));
			const contents = fileContents({ ...fileWorld(place), transfer: web.transfer });
			return { documents: web.documents, contents, where: publicUrl(url), close: web.close };
		}
	}
}

/** Opens what `trust.metadata` names: a mirror or a directory with the metadata and without the releases. */
export function openMetadata(
	place: TransportLocation,
	where: string,
): { readonly documents: Metadata; close(): Promise<void> } {
	return where.startsWith('/')
		? { documents: directoryMetadata(where), close: async () => undefined }
		: webAt(where, () => openNetwork(place));
}

async function openNetwork({ config, layout, clock }: TransportLocation): Promise<OpenedWeb> {
	const fetcher = await openFetcher(config.fetcher, layout.state);
	return { world: { fetcher, clock, sense: clockSense({ layout, clock }) }, close: () => fetcher.end() };
}

function fileWorld(place: TransportLocation): Omit<FileWorld, 'transfer'> {
	const { layout, clock, config } = place;
	makeDirectory(layout.files, 0o700);
	const readArchive = archiveReader(layout.state, () => fetcherAccount(config.fetcher.user));
	return {
		store: new ContentStore(layout.files),
		readArchive,
		now: clock.now,
		beforeTransfer: requireRoomFor(place),
	};
}

export function clockSense({ layout, clock }: Pick<TransportLocation, 'layout' | 'clock'>): () => ClockSense {
	return () => clockSenseAt(clock.now(), timeSeen(layout));
}
