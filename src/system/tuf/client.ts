/** The TUF client: from a pinned root and a source that nobody trusts to bytes that somebody signed. */

import type { SignedTarget, TufPolicy, TufWorld } from '../../model/publication/tuf.ts';
import type { GoodUntil } from '../../model/status/freshness.ts';
import { invalidRoot } from './problem.ts';
import { TufRun } from './run.ts';
import { openTufStore, type TufStore } from './store.ts';
import { makeUpdater } from './updater.ts';

/** A client that holds its store locked. */
export interface Tuf<T> {
	/**
	 * Brings the trusted metadata up to date. The others do so by themselves, once. Throws what was refused; what was verified
	 * before it is in the store then.
	 */
	refresh(): Promise<void>;
	/** Returns the paths of all targets that may be had, also by delegation, sorted. */
	targets(): Promise<readonly string[]>;
	/** Returns which of the verified metadata ends first, and when. */
	goodUntil(): Promise<GoodUntil>;
	/** Returns what was signed about a target. Throws `target-missing` when nobody who may has signed it. */
	find(path: string): Promise<SignedTarget>;
	/** Returns the bytes of a target as the policy makes them: fetched, and checked against what was signed. */
	target(path: string): Promise<T>;
	/** Lets go of the store. */
	close(): void;
}

/**
 * Opens the client with its store in `dir`. Every chain of roots starts at `pinnedRoot`, whatever the store holds. Throws
 * `trust-root-invalid` when it is none, `busy` when another process has the store. Close it in the end.
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

/** Throws `trust-root-invalid` when these are not the bytes of a root that its own keys signed: before it is pinned. Its expiry does not count. */
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

/** A stored root that does not follow from the pinned one is forgotten with all after it, and they are fetched again. */
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
