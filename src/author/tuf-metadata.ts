/**
 * Writes TUF metadata; the only file that imports @tufjs/models. A changed file is created anew without
 * signatures; afterwards only signatures are added to its bytes.
 */
import {
	type Key,
	Metadata,
	MetadataKind,
	type Root,
	Signature,
	type Snapshot,
	type Targets,
	type Timestamp,
} from '@tufjs/models';
import type { Brand } from '../model/base/brand.ts';
import { problem } from '../model/base/error.ts';
import { parseStrictJson } from '../model/base/json.ts';
import type { Sha256 } from '../model/release/manifest.ts';
import { type PublicKey, publicKeyOfHex, sha256Hex } from './keys/public-key.ts';

export const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type RoleName = (typeof ROLES)[number];

/** 64 lower-case hexadecimal digits: the SHA-256 of the key in TUF's encoding. */
export type KeyId = Brand<string, 'KeyId'>;

export interface Role {
	readonly keyIds: readonly KeyId[];
	readonly threshold: number;
}

export interface RootContents {
	readonly version: number;
	/** Milliseconds since 1970, in whole seconds. */
	readonly expires: number;
	readonly keys: ReadonlyMap<KeyId, PublicKey>;
	readonly roles: Readonly<Record<RoleName, Role>>;
}

/** Length and digest of a file that a role lists. */
export interface Listed {
	readonly length: number;
	readonly sha256: Sha256;
}

export interface TargetsContents {
	readonly version: number;
	readonly expires: number;
	/** By target path. */
	readonly targets: ReadonlyMap<string, Listed>;
}

/** The entry of targets in snapshot, or of snapshot in timestamp. */
export interface PointerContents {
	readonly version: number;
	readonly expires: number;
	readonly of: Listed & { readonly version: number };
}

/** A role's metadata file: its bytes and the parsed content. */
export interface RoleFile<Contents> {
	readonly role: RoleName;
	readonly bytes: Uint8Array;
	readonly contents: Contents;
	/** The key ids of its signatures, not verified. */
	readonly signedBy: readonly KeyId[];
}

type Any = Metadata<Root | Targets | Snapshot | Timestamp>;

/** tuf-js clients reject larger metadata. */
const LIMITS = { bytes: 5_000_000, depth: 16, nodes: 200_000 } as const;

/** Returns TUF's key id. */
export function keyIdOf(key: PublicKey): KeyId {
	// Canonical JSON: sorted keys, no white space.
	return sha256Hex(`{"keytype":"ed25519","keyval":{"public":"${key.hex}"},"scheme":"ed25519"}`) as KeyId;
}

/** Returns a new unsigned root file. */
export function makeRoot({ version, expires, keys, roles }: RootContents): RoleFile<RootContents> {
	const signed = {
		...head('root', version, expires),
		consistent_snapshot: true,
		keys: Object.fromEntries(
			[...keys].map(([id, { hex }]) => [
				id,
				{ keytype: 'ed25519', scheme: 'ed25519', keyval: { public: hex } },
			]),
		),
		roles: Object.fromEntries(
			ROLES.map((name) => [name, { keyids: [...roles[name].keyIds], threshold: roles[name].threshold }]),
		),
	};
	return readRoot(bytesOf(Metadata.fromJSON(MetadataKind.Root, { signed, signatures: [] })));
}

/** Returns a new unsigned targets file. */
export function makeTargets({ version, expires, targets }: TargetsContents): RoleFile<TargetsContents> {
	const inOrder = [...targets].sort(([a], [b]) => (a < b ? -1 : 1));
	const signed = {
		...head('targets', version, expires),
		targets: Object.fromEntries(
			inOrder.map(([path, { length, sha256 }]) => [path, { length, hashes: { sha256 } }]),
		),
	};
	return readTargets(bytesOf(Metadata.fromJSON(MetadataKind.Targets, { signed, signatures: [] })));
}

/** Returns a new unsigned snapshot or timestamp file. */
export function makePointer(
	role: 'snapshot' | 'timestamp',
	{ version, expires, of }: PointerContents,
): RoleFile<PointerContents> {
	const below = role === 'snapshot' ? 'targets.json' : 'snapshot.json';
	const meta = { [below]: { version: of.version, length: of.length, hashes: { sha256: of.sha256 } } };
	return readPointer(
		role,
		bytesOf(parsed(role, { signed: { ...head(role, version, expires), meta }, signatures: [] })),
	);
}

export function readRoot(bytes: Uint8Array): RoleFile<RootContents> {
	const metadata = metadataIn('root', bytes) as Metadata<Root>;
	const { keys, roles } = metadata.signed;
	const known = Object.values(keys).map((key) => [key.keyID as KeyId, publicOf(key)] as const);
	const role = (name: RoleName): Role => {
		const found = roles[name];
		return { keyIds: (found?.keyIDs ?? []) as KeyId[], threshold: found?.threshold ?? 1 };
	};
	const contents = {
		...common(metadata),
		keys: new Map(known),
		roles: {
			root: role('root'),
			targets: role('targets'),
			snapshot: role('snapshot'),
			timestamp: role('timestamp'),
		},
	};
	return { role: 'root', bytes, contents, signedBy: signersOf(metadata) };
}

/** Throws `metadata-refused`, also for targets with delegations, which these tools would drop. */
export function readTargets(bytes: Uint8Array): RoleFile<TargetsContents> {
	const metadata = metadataIn('targets', bytes) as Metadata<Targets>;
	if (metadata.signed.delegations !== undefined)
		throw unreadable('targets', 'it delegates to other roles, which these tools do not write');
	const targets = Object.values(metadata.signed.targets).map(
		(file) => [file.path, listed('targets', file.length, file.hashes)] as const,
	);
	return {
		role: 'targets',
		bytes,
		contents: { ...common(metadata), targets: new Map(targets) },
		signedBy: signersOf(metadata),
	};
}

export function readPointer(role: 'snapshot' | 'timestamp', bytes: Uint8Array): RoleFile<PointerContents> {
	const metadata = metadataIn(role, bytes);
	const { signed } = metadata;
	const of =
		'meta' in signed
			? signed.meta['targets.json']
			: 'snapshotMeta' in signed
				? signed.snapshotMeta
				: undefined;
	if (of === undefined) throw unreadable(role, 'it names no file');
	const contents = {
		...common(metadata),
		of: { version: of.version, ...listed(role, of.length ?? 0, of.hashes ?? {}) },
	};
	return { role, bytes, contents, signedBy: signersOf(metadata) };
}

/**
 * Returns the same file with one more signature, which replaces any signature by the same key. `sign` gets
 * the canonical bytes.
 */
export function addSignature<C>(
	file: RoleFile<C>,
	keyId: KeyId,
	sign: (bytes: Uint8Array) => Uint8Array,
): RoleFile<C> {
	const metadata = metadataIn(file.role, file.bytes);
	metadata.sign((data) => new Signature({ keyID: keyId, sig: Buffer.from(sign(data)).toString('hex') }));
	return { ...file, bytes: bytesOf(metadata), signedBy: signersOf(metadata) };
}

/** Returns the keys of `root` with a valid signature over `file`, each once. */
export function validSigners<C>(file: RoleFile<C>, root: RoleFile<RootContents>): readonly KeyId[] {
	const metadata = metadataIn(file.role, file.bytes);
	const { keys } = (metadataIn('root', root.bytes) as Metadata<Root>).signed;
	return root.contents.roles[file.role].keyIds.filter(
		(id, at, all) => all.indexOf(id) === at && isSignedBy(metadata, keys[id]),
	);
}

function isSignedBy(metadata: Any, key: Key | undefined): boolean {
	try {
		key?.verifySignature(metadata);
		return key !== undefined;
	} catch {
		return false;
	}
}

function head(role: RoleName, version: number, expires: number) {
	// TUF writes times without milliseconds, and python-tuf rejects them.
	return {
		_type: role,
		spec_version: '1.0.31',
		version,
		expires: new Date(expires).toISOString().replace(/\.\d{3}Z$/, 'Z'),
	};
}

function bytesOf(metadata: Any): Uint8Array {
	return new TextEncoder().encode(`${JSON.stringify(metadata.toJSON(), null, '\t')}\n`);
}

function metadataIn(role: RoleName, bytes: Uint8Array): Any {
	const json = parseStrictJson(bytes, LIMITS);
	if (json.kind === 'unreadable') throw unreadable(role, json.why);
	try {
		return parsed(role, json.value);
	} catch (thrown) {
		throw unreadable(role, thrown instanceof Error ? thrown.message : String(thrown));
	}
}

function parsed(role: RoleName, value: unknown): Any {
	// The models validate every key they read, and throw for invalid metadata.
	const data = value as Parameters<typeof Metadata.fromJSON>[1];
	switch (role) {
		case 'root':
			return Metadata.fromJSON(MetadataKind.Root, data);
		case 'targets':
			return Metadata.fromJSON(MetadataKind.Targets, data);
		case 'snapshot':
			return Metadata.fromJSON(MetadataKind.Snapshot, data);
		case 'timestamp':
			return Metadata.fromJSON(MetadataKind.Timestamp, data);
	}
}

function common({ signed }: Any) {
	return { version: signed.version, expires: Date.parse(signed.expires) };
}

function signersOf(metadata: Any): readonly KeyId[] {
	return Object.keys(metadata.signatures) as KeyId[];
}

function publicOf(key: Key): PublicKey {
	const found = key.keyType === 'ed25519' ? publicKeyOfHex(key.keyVal['public'] ?? '') : undefined;
	if (found === undefined)
		throw unreadable(
			'root',
			`its key ${key.keyID.slice(0, 16)} is not an Ed25519 key, and these tools write no others`,
		);
	return found;
}

function listed(role: RoleName, length: number, { sha256 = '' }: Record<string, string>): Listed {
	if (!/^[0-9a-f]{64}$/.test(sha256)) throw unreadable(role, 'it lists a file without its sha256');
	return { length, sha256: sha256 as Sha256 };
}

function unreadable(role: RoleName, why: string): Error {
	return problem(
		'metadata-refused',
		`cannot read the ${role} metadata: ${why}`,
		'look at the file, or take it from a backup',
		{
			facts: { role, why },
		},
	);
}
