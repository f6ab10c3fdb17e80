/**
 * tuf-js, driven: the protocol and nothing else. It opens no socket, touches no file and reads no clock here.
 * For files and the time it has no options, so five of its internals are taken over; the package is pinned,
 * and test/system/tuf-updater.test.ts holds each of them (docs/decisions/0016-tuf.md).
 */
import { type TargetFile, Updater, type UpdaterOptions } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { MAX_ROOTS, TUF_LIMITS } from '../../model/publication/tuf.ts';

/** What tuf-js is given instead of a directory and a network. */
export interface TufFiles {
	/**
	 * Returns what was trusted of a role before; of `root`, what is trusted now. Throws when there is nothing.
	 */
	load(role: string): Uint8Array;
	/** Takes what was verified. */
	persist(role: string, bytes: Uint8Array): void;
	/** Returns a document of the repository, undefined when it is not there. */
	download(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/** A targets role after its verification. */
export interface TargetsRole {
	readonly targets: Readonly<Record<string, TargetFile>>;
	readonly delegations?: {
		readonly roles?: Readonly<Record<string, unknown>>;
		readonly succinctRoles?: { isDelegatedRole(name: string): boolean };
	};
}

/** The parts of tuf-js 6.0.2 that are used; what its types mark as private is marked here by `internal`. */
export interface TufUpdater {
	refresh(): Promise<void>;
	getTargetInfo(path: string): Promise<TargetFile | undefined>;
	/** Internal. */
	readonly trustedSet: {
		referenceTime: Date;
		/** What was verified, by role; the root always. */
		readonly trustedSet: Readonly<Record<string, { readonly signed: { readonly expires: string } }>>;
		readonly root: { readonly signed: { readonly version: number; readonly consistentSnapshot: boolean } };
		readonly snapshot: { readonly signed: { readonly meta: Readonly<Record<string, unknown>> } } | undefined;
	};
	/** Internal. */
	loadTargets(role: string, parent: string): Promise<{ readonly signed: TargetsRole } | undefined>;
	/** Internal. */
	loadLocalMetadata(role: string): Buffer;
	/** Internal. */
	persistMetadata(role: string, bytes: Buffer): void;
}

// The compiler lets nobody override what tuf-js marks as private.
const OpenUpdater = Updater as unknown as new (options: UpdaterOptions) => TufUpdater;

/** tuf-js joins URLs; what stands behind this one is the path of a document. */
const BASE = 'http://repository.invalid/';

const CONFIG = {
	maxRootRotations: MAX_ROOTS,
	rootMaxLength: TUF_LIMITS.root,
	timestampMaxLength: TUF_LIMITS.timestamp,
	snapshotMaxLength: TUF_LIMITS.snapshot,
	targetsMaxLength: TUF_LIMITS.targets,
};

/**
 * Returns tuf-js over these files, judging expiry by `now` (milliseconds). Throws when the root that `load`
 * gives is none.
 */
export function makeUpdater(files: TufFiles, now: number): TufUpdater {
	class StoredUpdater extends OpenUpdater {
		override loadLocalMetadata(role: string): Buffer {
			return Buffer.from(files.load(role));
		}
		override persistMetadata(role: string, bytes: Buffer): void {
			files.persist(role, bytes);
		}
	}
	// No directory is used: the two methods that would are overridden.
	const options = {
		metadataDir: '/nonexistent',
		metadataBaseUrl: `${BASE}metadata`,
		fetcher: fetcherOver(files),
		config: CONFIG,
	};
	const updater = new StoredUpdater(options);
	updater.trustedSet.referenceTime = new Date(now);
	return updater;
}

function fetcherOver({ download }: TufFiles): NonNullable<UpdaterOptions['fetcher']> {
	return {
		downloadBytes: async (url, limit) => {
			const bytes = await download(url.slice(BASE.length), limit);
			// This is how tuf-js learns that there is no newer root.
			if (bytes === undefined) throw new DownloadHTTPError('not there', 404);
			return Buffer.from(bytes);
		},
		downloadFile: () => Promise.reject(new Error('targets are not fetched by tuf-js')),
	};
}
