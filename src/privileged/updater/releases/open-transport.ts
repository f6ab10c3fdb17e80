/** Opens the transport that the configuration names. */
import { type ClockSense, clockSenseAt } from '../../../model/base/earliest-time.ts';
import { carryFrom } from '../../../sources/directory/directory.ts';
import { type FileWorld, fileContents } from '../../../sources/file-contents.ts';
import { gitContents, gitMetadata } from '../../../sources/git/release.ts';
import { type GitWorld, gitStore } from '../../../sources/git/store.ts';
import { directoryMetadata, type Metadata } from '../../../sources/metadata.ts';
import { openFetcher } from '../../../sources/publisher/open-fetcher.ts';
import { type OpenedWeb, webAt } from '../../../sources/publisher/publisher.ts';
import { archiveReader } from '../../../sources/release-archive.ts';
import type { Transport } from '../../../sources/transport.ts';
import type { Clock } from '../../../system/clock.ts';
import { fetcherAccount } from '../../../system/fetcher/account.ts';
import { ContentStore } from '../../../system/files/content-store.ts';
import { makeDirectory } from '../../../system/files/files.ts';
import { type GitRemote, publicUrl } from '../../../system/git/command.ts';
import { timeSeen } from '../journal/change-journal.ts';
import { requireRoomFor, roomToLook } from '../plan/space.ts';
import type { Place } from '../world.ts';

export interface TransportLocation extends Place {
	readonly clock: Clock;
}

/** Opens the transport; it connects on the first read. */
export function openTransport(place: TransportLocation): Transport {
	const { url, repository, kind } = place.config.source;
	switch (kind) {
		case 'git': {
			const store = gitStore(gitRemote(place), [repository], gitWorld(place));
			return {
				documents: gitMetadata(store, repository),
				contents: gitContents(store),
				where: publicUrl(url),
				close: async () => undefined,
			};
		}
		case 'directory': {
			const contents = fileContents({ ...fileWorld(place), carry: carryFrom(url) });
			return { documents: directoryMetadata(url), contents, where: url, close: async () => undefined };
		}
		case 'publisher': {
			const web = webAt(url, () => openNetwork(place));
			const contents = fileContents({ ...fileWorld(place), carry: web.carry });
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

export function gitRemote({ layout, config, clock }: TransportLocation): GitRemote {
	const { url, timeout } = config.source;
	const account = () => fetcherAccount(config.fetcher.user);
	return {
		store: layout.store,
		url,
		path: config.hooks.path,
		timeout,
		clock: clockSense({ layout, clock }),
		account,
	};
}

export function gitWorld(place: TransportLocation): GitWorld {
	return { tagKeys: place.config.gitTags, sleep: place.clock.sleep, beforeTransfer: roomToLook(place) };
}

function fileWorld(place: TransportLocation): Omit<FileWorld, 'carry'> {
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

function clockSense({ layout, clock }: Pick<TransportLocation, 'layout' | 'clock'>): () => ClockSense {
	return () => clockSenseAt(clock.now(), timeSeen(layout));
}
