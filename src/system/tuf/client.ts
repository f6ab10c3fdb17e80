/** The TUF client: leads from a pinned root and an untrusted source to signed bytes. */

import type { SignedTarget, TufPolicy, TufWorld } from '../../model/publication/tuf.ts';
import type { GoodUntil } from '../../model/status/freshness.ts';
import { invalidRoot } from './problem.ts';
import { TufRun } from './run.ts';
import { openTufStore, type TufStore } from './store.ts';
import { makeUpdater } from './updater.ts';

/** A client that holds the lock of its store. */
export interface Tuf<T> {
	/**
	 * Updates the trusted metadata. The other methods do so themselves, once. Throws the refusal; metadata
	 * verified before it are stored.
	 */
	refresh(): Promise<void>;
	/** Returns the sorted paths of all signed targets, delegated ones included. */
	targets(): Promise<readonly string[]>;
	/** Returns which of the verified metadata expire first, and when. */
	goodUntil(): Promise<GoodUntil>;
	/** Returns the signed facts of a target. Throws `target-missing` when no authorised role has signed it. */
	find(path: string): Promise<SignedTarget>;
	/** Fetches a target and returns its bytes, checked by the policy against the signed facts. */
	target(path: string): Promise<T>;
	/** Releases the store. */
	close(): void;
}

/**
 * Opens the client with its store in `dir`. Every chain of roots starts at `pinnedRoot`, whatever the store
 * holds. Throws `trust-root-invalid` when that is not a root, `busy` when another process holds the store.
 * The caller closes it.
 */
export function openTuf<T>(
	dir: string,
	pinnedRoot: Uint8Array,
	world: TufWorld,
	policy: TufPolicy<T>,
): Tuf<T> {
	const store = openTufStore(dir);
	const newRun = () => new TufRun(store, pinnedRoot, world, policy);
	let fresh: Promise<TufRun<T>> | undefined;
	const refreshed = () => {
		fresh ??= refresh(store, newRun);
		return fresh;
	};
	return {
		refresh: async () => {
			fresh = undefined;
			await refreshed();
		},
		targets: async () => (await refreshed()).targets(),
		goodUntil: async () => (await refreshed()).goodUntil(),
		find: async (path) => (await refreshed()).find(path),
		target: async (path) => {
			const run = await refreshed();
			return run.target(await run.find(path));
		},
		close: () => store.close(),
	};
}

/**
 * Throws `trust-root-invalid` unless the bytes are a root signed by its own keys; its expiry is ignored. For
 * pinning.
 */
export function checkRoot(root: Uint8Array, policy: TufPolicy<unknown>): void {
	const load = () => {
		policy.metadata('the pinned root', root);
		return root;
	};
	try {
		makeUpdater({ load, persist: () => undefined, download: () => Promise.resolve(undefined) }, 0);
	} catch (thrown) {
		throw invalidRoot(thrown);
	}
}

/**
 * A stored root that does not follow from the pinned one is dropped with all later ones; they are fetched
 * again.
 */
async function refresh<T>(store: TufStore, newRun: () => TufRun<T>): Promise<TufRun<T>> {
	for (;;) {
		const run = newRun();
		try {
			await run.refresh();
			return run;
		} catch (thrown) {
			const { storedRootAtHand } = run;
			if (storedRootAtHand === undefined) throw thrown;
			store.forgetRoots(storedRootAtHand);
		}
	}
}
