/** Opens the TUF index of releases, starting from the root that this box has pinned. */
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { TUF_LIMITS } from '../../../model/publication/tuf.ts';
import type { Metadata } from '../../../sources/metadata.ts';
import { findUntrustedWriter } from '../../../system/access/untrusted-writer.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { openTuf } from '../../../system/tuf/client.ts';
import { lastVerifiedIn } from '../../../system/tuf/store.ts';
import { tufPolicy } from '../../../trust/tuf/policy.ts';
import { timeOfTrust } from '../../../trust/tuf/time.ts';
import { timeSeen } from '../journal/change-journal.ts';
import type { TransportLocation } from './open-transport.ts';
import type { ReleaseIndex } from './release-index.ts';
import { tufIndex } from './tuf-index.ts';

/**
 * Opens the index; it reads and locks nothing before the first request. Throws `config-unsafe` when another
 * user could have changed the pinned root, `trust-root-invalid`, and `clock-not-set`.
 */
export function openTufIndex(place: TransportLocation, pinned: string, documents: Metadata): ReleaseIndex {
	const { layout, config, clock } = place;
	const dir = join(layout.trust, 'tuf');
	let opened: ReleaseIndex | undefined;
	const open = () => {
		const now = timeOfTrust({
			clock: clock.now(),
			lastVerified: lastVerifiedIn(dir),
			lastBoot: timeSeen(layout),
		});
		const world = { document: (path: string, limit: number) => documents.read(path, limit), now };
		const tuf = openTuf(dir, readPinned(pinned), world, tufPolicy);
		return tufIndex(tuf, { product: config.product, channel: config.source.channel });
	};
	const index = () => {
		opened ??= open();
		return opened;
	};
	return {
		list: async () => await index().list(),
		manifest: async (tag) => await index().manifest(tag),
		async close() {
			const closing = opened;
			opened = undefined;
			await closing?.close();
		},
	};
}

function readPinned(path: string): Uint8Array {
	const writer = findUntrustedWriter(path, [process.geteuid?.() ?? 0]);
	if (writer !== undefined) {
		const hint =
			'make root the owner of it and of all directories above it, and remove write access for others';
		throw problem('config-unsafe', `cannot trust the pinned root: ${writer}`, hint, { facts: { path } });
	}
	const read = readSmall(path, TUF_LIMITS.root);
	if (read.kind === 'file') return read.bytes;
	throw problem(
		'trust-root-invalid',
		`cannot use the pinned root ${path}: it is ${read.kind}`,
		'pin the root of the publisher: signalbox init --trust-root FILE',
		{
			facts: { path },
		},
	);
}
