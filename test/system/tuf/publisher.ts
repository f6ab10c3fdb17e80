/** A TUF repository in memory, written and signed by @tufjs/models: in order, or wrong in one place. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Metadata, MetadataKind, Signature } from '@tufjs/models';
import type { TufWorld } from '../../../src/model/publication/tuf.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests break these documents in every place
type Loose = any;
export type Signed = Record<string, Loose>;

export interface TestKey {
	readonly id: string;
	readonly json: Signed;
	readonly secret: KeyObject;
}

export function newKey(): TestKey {
	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
	const json = { keytype: 'ed25519', keyval: { public: hex }, scheme: 'ed25519' };
	return { id: createHash('sha256').update(hex).digest('hex'), json, secret: privateKey };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

/** Milliseconds as TUF writes them. */
export const time = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

const DAY = 86_400_000;
const TOP = ['root', 'timestamp', 'snapshot', 'targets'] as const;

export class Publisher {
	/** Everything that the source serves, by path. */
	readonly files = new Map<string, Uint8Array>();
	/** What was asked for. */
	readonly asked: string[] = [];
	/** Who signs each role. */
	readonly signers: Record<string, TestKey[]> = {};
	readonly now: number;
	readonly root: Signed;
	readonly targets: Signed;
	readonly snapshot: Signed;
	readonly timestamp: Signed;
	/** Delegated roles. */
	readonly delegated: Record<string, Signed> = {};
	/** Whether snapshot and timestamp tell length and digest of what they list. */
	withHashes = true;

	constructor(now = Date.now(), consistent: boolean = true) {
		this.now = now;
		for (const role of TOP) this.signers[role] = [newKey()];
		this.signers['root'] = [newKey(), newKey(), newKey()];
		this.root = { ...this.#common('root'), consistent_snapshot: consistent, keys: {}, roles: {} };
		for (const role of TOP) this.grant(role, this.signers[role] ?? [], role === 'root' ? 2 : 1);
		this.targets = { ...this.#common('targets'), targets: {} };
		this.snapshot = { ...this.#common('snapshot'), meta: {} };
		this.timestamp = { ...this.#common('timestamp'), meta: {} };
		this.publishRoot();
		this.publish();
	}

	#common(type: string): Signed {
		return { _type: type, spec_version: '1.0.31', version: 1, expires: time(this.now + 30 * DAY) };
	}

	/** The same repository, by the same keys, that goes its own way from here on. */
	copy(): Publisher {
		const copy = new Publisher(this.now, this.root['consistent_snapshot']);
		for (const name of ['root', 'targets', 'snapshot', 'timestamp', 'delegated'] as const)
			replace(copy[name], structuredClone(this[name]));
		replace(
			copy.signers,
			Object.fromEntries(Object.entries(this.signers).map(([role, keys]) => [role, [...keys]])),
		);
		copy.withHashes = this.withHashes;
		copy.files.clear();
		for (const [path, bytes] of this.files) copy.put(path, bytes);
		return copy;
	}

	/** Gives a top-level role these keys, from the next root on. */
	grant(role: string, keys: readonly TestKey[], threshold = 1): void {
		for (const key of keys) this.root['keys'][key.id] = key.json;
		this.root['roles'][role] = { keyids: keys.map(({ id }) => id), threshold };
	}

	/** New keys for a role; the next root tells of them. */
	rotate(role: string, count = 1, threshold = 1): void {
		const keys = Array.from({ length: count }, newKey);
		this.signers[role] = keys;
		this.grant(role, keys, threshold);
	}

	/** Publishes the root as it is, signed by these. */
	publishRoot(signers = this.signers['root'] ?? []): void {
		this.put(`metadata/${this.root['version']}.root.json`, seal(this.root, signers));
	}

	/** Publishes the next version of the root. By default the holders of old and new keys sign it. */
	nextRoot(change: () => void, signers?: readonly TestKey[]): void {
		const old = this.signers['root'] ?? [];
		change();
		this.root['version'] += 1;
		this.publishRoot([...(signers ?? new Set([...old, ...(this.signers['root'] ?? [])]))]);
	}

	/** Lists a target and serves its bytes. */
	addTarget(path: string, text: string, role = 'targets'): void {
		const bytes = Buffer.from(text);
		const hashes = { sha256: sha256(bytes), sha512: sha512(bytes) };
		this.roleOf(role)['targets'][path] = { length: bytes.length, hashes };
		const [, dir = '', name = ''] = /^(.*\/)?([^/]*)$/.exec(path) ?? [];
		if (!this.root['consistent_snapshot']) this.put(`targets/${path}`, bytes);
		else for (const hash of Object.values(hashes)) this.put(`targets/${dir}${hash}.${name}`, bytes);
	}

	roleOf(role: string): Signed {
		const found = role === 'targets' ? this.targets : this.delegated[role];
		if (found === undefined) throw new Error(`no role ${role}`);
		return found;
	}

	/** Delegates from one role to a new one. */
	delegate(name: string, more: Signed = { paths: ['*'] }, parent = 'targets', key = newKey()): void {
		const from = this.roleOf(parent);
		from['delegations'] ??= { keys: {}, roles: [] };
		from['delegations'].keys[key.id] = key.json;
		from['delegations'].roles.push({ name, keyids: [key.id], threshold: 1, terminating: false, ...more });
		this.signers[name] = [key];
		this.delegated[name] ??= { ...this.#common('targets'), targets: {} };
	}

	/** Delegates everything to 2^bits bins. */
	bins(bits: number, prefix = 'bin'): void {
		const key = newKey();
		this.targets['delegations'] = {
			keys: { [key.id]: key.json },
			succinct_roles: { keyids: [key.id], threshold: 1, bit_length: bits, name_prefix: prefix },
		};
		for (let bin = 0; bin < 2 ** bits; bin += 1) {
			const name = `${prefix}-${bin.toString(16).padStart((2 ** bits - 1).toString(16).length, '0')}`;
			this.signers[name] = [key];
			this.delegated[name] = { ...this.#common('targets'), targets: {} };
		}
	}

	/** The next version of all but the root. */
	next(): void {
		for (const signed of [this.targets, this.snapshot, this.timestamp, ...Object.values(this.delegated)])
			signed['version'] += 1;
		this.publish();
	}

	/** Publishes all but the root as they are. */
	publish(): void {
		for (const [name, signed] of Object.entries({ targets: this.targets, ...this.delegated }))
			this.publishTargets(name, signed);
		this.publishSnapshot();
	}

	publishTargets(name: string, signed: Signed): void {
		const bytes = seal(signed, this.signers[name] ?? []);
		this.snapshot['meta'][`${name}.json`] = this.#listed(signed, bytes);
		this.putMetadata(name, signed, bytes);
	}

	publishSnapshot(): void {
		const bytes = seal(this.snapshot, this.signers['snapshot'] ?? []);
		this.timestamp['meta']['snapshot.json'] = this.#listed(this.snapshot, bytes);
		this.putMetadata('snapshot', this.snapshot, bytes);
		this.publishTimestamp();
	}

	publishTimestamp(): void {
		this.put('metadata/timestamp.json', seal(this.timestamp, this.signers['timestamp'] ?? []));
	}

	#listed(signed: Signed, bytes: Uint8Array): Signed {
		const { version } = signed;
		return this.withHashes
			? { version, length: bytes.length, hashes: { sha256: sha256(bytes) } }
			: { version };
	}

	putMetadata(name: string, signed: Signed, bytes: Uint8Array): void {
		const file = encodeURIComponent(name);
		this.put(
			`metadata/${this.root['consistent_snapshot'] ? `${signed['version']}.${file}` : file}.json`,
			bytes,
		);
	}

	put(path: string, bytes: Uint8Array): void {
		this.files.set(path, bytes);
	}

	/** What the pinned root is. */
	factory(): Uint8Array {
		return this.files.get('metadata/1.root.json') ?? new Uint8Array();
	}

	/** The source as a client sees it. */
	world(now = this.now): TufWorld {
		return {
			now,
			document: (path) => {
				this.asked.push(path);
				return Promise.resolve(this.files.get(path));
			},
		};
	}
}

function replace<T>(object: Record<string, T>, by: Record<string, T>): void {
	for (const key of Object.keys(object)) delete object[key];
	Object.assign(object, by);
}

const KINDS: Readonly<Record<string, MetadataKind>> = {
	root: MetadataKind.Root,
	timestamp: MetadataKind.Timestamp,
	snapshot: MetadataKind.Snapshot,
	targets: MetadataKind.Targets,
};

/** Returns the bytes of a signed document. What @tufjs/models would not write itself is signed as it is. */
export function seal(signed: Signed, keys: readonly TestKey[]): Buffer {
	const metadata = metadataOf(structuredClone(signed));
	for (const key of keys)
		metadata.sign(
			(bytes: Buffer) => new Signature({ keyID: key.id, sig: sign(null, bytes, key.secret).toString('hex') }),
		);
	return Buffer.from(JSON.stringify(metadata.toJSON()));
}

function metadataOf(signed: Signed): Loose {
	const asItIs = new Metadata({ toJSON: () => signed } as Loose);
	try {
		const kind = (KINDS[signed['_type']] ?? MetadataKind.Targets) as MetadataKind.Targets;
		const metadata = Metadata.fromJSON(kind, { signed, signatures: [] });
		return isDeepStrictEqual(metadata.signed.toJSON(), signed) ? metadata : asItIs;
	} catch {
		return asItIs;
	}
}
