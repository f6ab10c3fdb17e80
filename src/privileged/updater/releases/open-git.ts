/**
 * Releases in a git repository. Loaded only where the source is one: simple-git is a third of what it loads.
 */
import { gitSource } from '../../../sources/git/git.ts';
import { gitContents, gitMetadata } from '../../../sources/git/release.ts';
import { type GitStore, gitStore } from '../../../sources/git/store.ts';
import type { Transport } from '../../../sources/transport.ts';
import { fetcherAccount } from '../../../system/fetcher/account.ts';
import { publicUrl } from '../../../system/git/command.ts';
import { roomToLook } from '../plan/space.ts';
import { clockSense, type TransportLocation } from './open-transport.ts';
import { type Releases, unsignedReleases } from './releases.ts';

/** Returns the releases of a repository that nothing signs. */
export function openUnsigned(place: TransportLocation): Releases {
	const { channel } = place.config.source;
	return unsignedReleases(gitSource(storeAt(place, channel), channel));
}

/** Returns a repository as a transport of signed releases. */
export function openGitTransport(place: TransportLocation): Transport {
	const { url, repository } = place.config.source;
	const store = storeAt(place, repository);
	return {
		documents: gitMetadata(store, repository),
		contents: gitContents(store),
		where: publicUrl(url),
		close: async () => undefined,
	};
}

function storeAt(place: TransportLocation, branch: string): GitStore {
	const { layout, config, clock } = place;
	const { url, timeout } = config.source;
	const remote = {
		store: layout.store,
		url,
		path: config.hooks.path,
		timeout,
		clock: clockSense(place),
		account: () => fetcherAccount(config.fetcher.user),
	};
	return gitStore(remote, [branch], {
		tagKeys: config.gitTags,
		sleep: clock.sleep,
		beforeTransfer: roomToLook(place),
	});
}
