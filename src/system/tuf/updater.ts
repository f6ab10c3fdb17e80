/**
 * Drives tuf-js for the protocol alone: no sockets, files or clock. tuf-js has no options for files and time,
 * so five of its internals are overridden. The package version is pinned, and test/system/tuf/updater.test.ts
 * checks each internal (docs/decisions/0016-tuf.md).
 */
import { type TargetFile, Updater, type UpdaterOptions } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { MAX_ROOTS, TUF_LIMITS } from '../../model/publication/tuf.ts';

/** Replaces the directory and the network of tuf-js. */
export interface TufFiles {
	/**
	 * Returns the metadata trusted before for a role; for `root`, those trusted now. Throws when there are
	 * none.
	 */
	load(role: string): Uint8Array;
	/** Receives verified metadata. */
	persist(role: string, bytes: Uint8Array): void;
	/** Returns a file of the repository, or undefined if it is missing. */
	download(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/** A verified targets role. */
export interface TargetsRole {
	readonly targets: Readonly<Record<string, TargetFile>>;
	readonly delegations?: {
		readonly roles?: Readonly<Record<string, unknown>>;
		readonly succinctRoles?: { isDelegatedRole(name: string): boolean };
	};
}

/** The parts of tuf-js 6.0.2 in use; members that its types declare private are marked as internal. */
export interface TufUpdater {
	refresh(): Promise<void>;
	getTargetInfo(path: string): Promise<TargetFile | undefined>;
	/** Internal. */
	readonly trustedSet: {
		referenceTime: Date;
		/** Verified metadata by role; the root is always there. */
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

// TypeScript does not allow overriding the private members of tuf-js.
const OpenUpdater = Updater as unknown as new (options: UpdaterOptions) => TufUpdater;

/** tuf-js joins URLs; after this base comes the path of a file. */
const BASE = 'http://repository.invalid/';

const CONFIG = {
	maxRootRotations: MAX_ROOTS,
	rootMaxLength: TUF_LIMITS.root,
	timestampMaxLength: TUF_LIMITS.timestamp,
	snapshotMaxLength: TUF_LIMITS.snapshot,
	targetsMaxLength: TUF_LIMITS.targets,
};

/**
 * Returns a tuf-js updater over these files that checks expiry against `now` (milliseconds). Throws when
 * `load` returns an invalid root.
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
	// The directory is unused: both methods that would use it are overridden.
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
			// tells tuf-js that there is no newer root
			if (bytes === undefined) throw new DownloadHTTPError('not there', 404);
			return Buffer.from(bytes);
		},
		downloadFile: () => Promise.reject(new Error('targets are not fetched by tuf-js')),
	};
}
