/** One run of the TUF protocol: reads from store and source, and stores what is verified. */
import { Problem } from '../../model/base/error.ts';
import { asObject } from '../../model/base/json.ts';
import {
	MAX_ROLES,
	type SignedTarget,
	TUF_LIMITS,
	type TufPolicy,
	type TufWorld,
} from '../../model/publication/tuf.ts';
import type { GoodUntil } from '../../model/status/freshness.ts';
import { invalidRoot, missingMetadata, missingTarget, tooLong, tooManyRoles, tufProblem } from './problem.ts';
import type { TufMetadataFile, TufStore } from './store.ts';
import { makeUpdater, type TargetsRole, type TufUpdater } from './updater.ts';

export class TufRun<T> {
	/** The version of the stored root that tuf-js was given and has not accepted. */
	storedRootAtHand: number | undefined;
	readonly #store: TufStore;
	readonly #world: TufWorld;
	readonly #policy: TufPolicy<T>;
	readonly #updater: TufUpdater;
	/** The newest bytes read for each role, valid or not. */
	readonly #read = new Map<string, Uint8Array>();
	/** Verified metadata that are not stored yet. */
	#verified: TufMetadataFile[] = [];
	#root: Uint8Array;
	/** The document that was requested last. */
	#document = 'the pinned root';
	#failure: Problem | undefined;

	/** Starts at the pinned root. Throws `trust-root-invalid` when it is invalid. */
	constructor(store: TufStore, pinnedRoot: Uint8Array, world: TufWorld, policy: TufPolicy<T>) {
		this.#store = store;
		this.#world = world;
		this.#policy = policy;
		this.#root = pinnedRoot;
		try {
			this.#updater = makeUpdater(
				{
					load: (role) => this.#load(role),
					persist: (role, bytes) => this.#persist(role, bytes),
					download: (path, limit) => this.#download(path, limit),
				},
				world.now,
			);
		} catch (thrown) {
			throw invalidRoot(thrown);
		}
	}

	async refresh(): Promise<void> {
		await this.#keeping(async () => {
			await this.#updater.refresh();
			// tuf-js does not persist the pinned root.
			this.#verified.push({ kind: 'role', role: 'root', bytes: this.#root });
		});
		this.#store.noteVerified(this.#world.now);
	}

	async find(path: string): Promise<SignedTarget> {
		const signed = await this.#keeping(() => this.#updater.getTargetInfo(path));
		// tuf-js looks names up in objects with a prototype.
		if (signed === undefined || signed.path !== path) throw missingTarget(path);
		return { path, length: signed.length, hashes: signed.hashes };
	}

	async target(signed: SignedTarget): Promise<T> {
		if (signed.length > TUF_LIMITS.target) throw tooLong(signed.path, signed.length, TUF_LIMITS.target);
		const document = `targets/${this.#fileOf(signed)}`;
		const bytes = await this.#fetch(document, signed.length);
		if (bytes === undefined) throw missingMetadata(document);
		return this.#policy.target(signed, bytes);
	}

	/**
	 * The protocol decides whether a path is a target; this only collects the paths to ask for.
	 */
	async targets(): Promise<readonly string[]> {
		const [paths, seen] = [new Set<string>(), new Set<string>()];
		const open: (readonly [role: string, parent: string])[] = [['targets', 'root']];
		for (let next = open.pop(); next !== undefined; next = open.pop()) {
			const [role, parent] = next;
			if (seen.has(role)) continue;
			seen.add(role);
			if (seen.size > MAX_ROLES) throw tooManyRoles();
			const loaded = await this.#keeping(() => this.#updater.loadTargets(role, parent));
			for (const path of Object.keys(loaded?.signed.targets ?? {})) paths.add(path);
			for (const child of this.#delegatedBy(loaded?.signed)) open.push([child, role]);
		}
		const listed: string[] = [];
		for (const path of [...paths].sort()) {
			if ((await this.#keeping(() => this.#updater.getTargetInfo(path))) !== undefined) listed.push(path);
		}
		return listed;
	}

	/** Also counts the delegated roles read so far. */
	goodUntil(): GoodUntil {
		const roles = Object.entries(this.#updater.trustedSet.trustedSet).map(([role, { signed }]) => ({
			role,
			at: Date.parse(signed.expires),
		}));
		return roles.reduce((first, one) => (one.at < first.at ? one : first));
	}

	#delegatedBy(targets: TargetsRole | undefined): readonly string[] {
		const { roles, succinctRoles: bins } = targets?.delegations ?? {};
		if (bins === undefined) return Object.keys(roles ?? {});
		const published = Object.keys(this.#updater.trustedSet.snapshot?.signed.meta ?? {}).map((file) =>
			file.replace(/\.json$/, ''),
		);
		return published.filter((role) => bins.isDelegatedRole(role));
	}

	/** With consistent snapshots a target is stored under its digest, and several digests may be listed. */
	#fileOf({ path, hashes }: SignedTarget): string {
		const parts = path.split('/');
		const name = parts.pop() ?? '';
		const prefix = this.#updater.trustedSet.root.signed.consistentSnapshot
			? `${hashes['sha256'] ?? hashes['sha512']}.`
			: '';
		return [...parts, prefix + name].map(encodeURIComponent).join('/');
	}

	/** Runs a part of the protocol. Verified metadata are stored even when something later is refused. */
	async #keeping<R>(part: () => Promise<R>): Promise<R> {
		this.#failure = undefined;
		try {
			return await part();
		} catch (thrown) {
			// tuf-js turns errors of our own functions into text.
			throw this.#failure ?? this.#told(thrown);
		} finally {
			this.#store.keep(this.#verified.splice(0));
		}
	}

	#told(thrown: unknown): Problem {
		return tufProblem(thrown, {
			document: this.#document,
			now: this.#world.now,
			expiresOf: (role) => expiryIn(this.#read.get(role)),
		});
	}

	/**
	 * For the root this is the pinned one, whatever the store holds: stored roots are served as if by the
	 * source.
	 */
	#load(role: string): Uint8Array {
		const bytes = role === 'root' ? this.#root : this.#store.role(role, TUF_LIMITS.targets);
		if (bytes === undefined) throw new Error(`${role} is not in the store`);
		this.#policy.metadata(role === 'root' ? this.#document : `${role}.json of the store`, bytes);
		this.#read.set(role, bytes);
		return bytes;
	}

	#persist(role: string, bytes: Uint8Array): void {
		if (role === 'root') {
			this.storedRootAtHand = undefined;
			this.#root = bytes;
			this.#verified.push({ kind: 'root', version: this.#updater.trustedSet.root.signed.version, bytes });
		}
		this.#verified.push({ kind: 'role', role, bytes });
	}

	async #download(path: string, limit: number): Promise<Uint8Array | undefined> {
		try {
			return await this.#checked(path, limit);
		} catch (thrown) {
			if (thrown instanceof Problem) this.#failure = thrown;
			throw thrown;
		}
	}

	async #checked(path: string, limit: number): Promise<Uint8Array | undefined> {
		const [, version] = /^metadata\/(\d+)\.root\.json$/.exec(path) ?? [];
		const stored = version === undefined ? undefined : this.#storedRoot(Number(version));
		const bytes = stored ?? (await this.#fetch(path, limit));
		if (bytes === undefined && version === undefined) throw missingMetadata(path);
		if (bytes === undefined) return undefined;
		this.#policy.metadata(path, bytes);
		this.#read.set(roleOf(path), bytes);
		return bytes;
	}

	#storedRoot(version: number): Uint8Array | undefined {
		const bytes = this.#store.root(version, TUF_LIMITS.root);
		if (bytes === undefined) return undefined;
		this.storedRootAtHand = version;
		return bytes;
	}

	async #fetch(path: string, limit: number): Promise<Uint8Array | undefined> {
		this.#document = path;
		const bytes = await this.#world.document(path, limit);
		if (bytes !== undefined && bytes.length > limit) throw tooLong(path, bytes.length, limit);
		return bytes;
	}
}

/** `metadata/3.team.json` → `team`. */
function roleOf(path: string): string {
	const [, name = ''] = /^metadata\/(?:\d+\.)?(.*)\.json$/.exec(path) ?? [];
	return decodeURIComponent(name);
}

function expiryIn(bytes: Uint8Array | undefined): string | undefined {
	if (bytes === undefined) return undefined;
	// It was parsed before.
	const expires = asObject(asObject(JSON.parse(Buffer.from(bytes).toString('utf8')))?.['signed'])?.[
		'expires'
	];
	return typeof expires === 'string' ? expires : undefined;
}
