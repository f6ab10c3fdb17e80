/**
 * Plans the files of a publication and their order: no client ever finds a file that refers to a missing one.
 * If a publication is interrupted, clients see the old releases; repeating it completes it
 * (docs/decisions/0018-publishing.md).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import {
	contentPath,
	INDEX_PATH,
	manifestPathOf,
	publishedFiles,
	roleFilePath,
	signaturesPathOf,
	targetFilePath,
} from '../../model/publication/repository.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { parseReleaseManifest } from '../../model/release/release-manifest.ts';
import type { Tag } from '../../model/release/tag.ts';
import { checkMetadata } from '../../trust/tuf/policy.ts';
import type { OpenKey } from '../keys/open-key.ts';
import { sha256Hex } from '../keys/public-key.ts';
import type { Places } from '../subcommand.ts';
import {
	addSignature,
	keyIdOf,
	makePointer,
	type PointerContents,
	type RoleFile,
	type RootContents,
	type TargetsContents,
	validSigners,
} from '../tuf-metadata.ts';
import { bytesOf } from './channels.ts';
import { digestOfFile } from './digest.ts';
import { type Draft, draftManifest } from './draft.ts';
import { indexOf } from './index-file.ts';
import { type Live, namesIn } from './live.ts';
import { requireFresh } from './next-targets.ts';
import type { Put } from './put.ts';
import { requireMet, type Standing, standingsOf } from './thresholds.ts';

export interface Lasting {
	/** The expiry of the new timestamp and the new snapshot, in milliseconds since 1970. */
	readonly timestamp: number;
	readonly snapshot: number;
}

/** Returns all files to write, in order. Throws if the draft is invalid, before anything is written. */
export function planPublication(
	live: Live,
	draft: Draft,
	{ repository }: Places,
	keys: readonly OpenKey[],
	lasting: Lasting,
): readonly Put[] {
	requireFresh(live, draft);
	const root = draft.root ?? live.root;
	const contents = contentsOf(draft, repository);
	const manifests = manifestsOf(draft);
	const index = (targets: TargetsContents['targets'] | undefined): Put => ({
		path: INDEX_PATH,
		kind: 'current',
		from: { kind: 'bytes', bytes: indexOf(repository, draft, targets) },
	});
	if (root === undefined) {
		requireDetached(draft);
		return [...contents, ...manifests, index(undefined)];
	}
	const targets = draft.targets ?? live.targets;
	if (targets === undefined)
		throw problem(
			'draft-stale',
			'cannot publish: there is no release yet',
			'signalbox release build makes one',
			{},
		);
	requireSigned(root, targets, live, draft);
	requireListed(draft, targets);
	const { snapshot, timestamp } = pointersOf(root, targets, live, keys, lasting);
	// Applies the rules that boxes apply even to signed metadata, such as the maximum number of releases.
	for (const file of [root, targets, snapshot, timestamp])
		checkMetadata(`${file.role} ${file.contents.version}`, file.bytes);
	return [
		...contents,
		...manifests,
		...targetsOf(targets, draft, repository),
		role(targets),
		role(snapshot),
		// Clients accept a new root as soon as it exists, so only the timestamp comes after it.
		...(draft.root === undefined ? [] : [role(draft.root)]),
		role(timestamp),
		index(targets.contents.targets),
	];
}

/** Without a root, boxes would accept no manifest that lacks a detached signature. */
function requireDetached(draft: Draft): void {
	const bare = draft.tags.filter((tag) => namesIn(join(draft.directory, signaturesPathOf(tag))).length === 0);
	if (bare.length === 0) return;
	const hint =
		'signalbox release sign --key FILE, with a key of minisign or OpenSSH; or begin with signalbox release keygen';
	throw problem('signature-missing', `cannot publish ${bare.join(', ')}: it has no signature`, hint, {
		facts: { missing: bare },
	});
}

function role(file: RoleFile<{ readonly version: number }>): Put {
	const kind = file.role === 'timestamp' ? 'current' : 'versioned';
	return {
		path: roleFilePath(file.role, file.contents.version),
		kind,
		from: { kind: 'bytes', bytes: file.bytes },
	};
}

function requireSigned(
	root: RoleFile<RootContents>,
	targets: RoleFile<TargetsContents>,
	live: Live,
	draft: Draft,
): void {
	const { threshold, keyIds } = root.contents.roles.targets;
	const ofTargets: Standing = {
		role: 'targets',
		version: targets.contents.version,
		rule: 'the root',
		signed: validSigners(targets, root),
		threshold,
		keys: keyIds,
	};
	requireMet([
		...standingsOf({
			root: draft.root,
			targets: undefined,
			base: { root: live.root === draft.root ? undefined : before(live, draft), targets: undefined },
		}),
		ofTargets,
	]);
}

/**
 * The signatures cover the list: a manifest in the draft that is not the listed one was put there by other
 * means.
 */
function requireListed(draft: Draft, { contents }: RoleFile<TargetsContents>): void {
	const odd = draft.tags.find(
		(tag) => contents.targets.get(manifestPathOf(tag))?.sha256 !== sha256Hex(manifestBytes(draft, tag)),
	);
	if (odd === undefined) return;
	const message = `cannot publish ${odd}: its manifest in the draft is not the one that was signed`;
	throw problem('content-changed', message, 'build the release again, and sign it', { facts: { tag: odd } });
}

/** Returns the root before the drafted one; none if an earlier attempt already published the drafted one. */
function before(live: Live, draft: Draft): RoleFile<RootContents> | undefined {
	return live.root?.contents.version === draft.root?.contents.version ? undefined : live.root;
}

function pointersOf(
	root: RoleFile<RootContents>,
	targets: RoleFile<TargetsContents>,
	live: Live,
	keys: readonly OpenKey[],
	lasting: Lasting,
) {
	const snapshot = signed(
		root,
		makePointer('snapshot', {
			version: (live.snapshot?.contents.version ?? 0) + 1,
			expires: lasting.snapshot,
			of: pointed(targets),
		}),
		keys,
	);
	const version = (live.timestamp?.contents.version ?? 0) + 1;
	return {
		snapshot,
		timestamp: signed(
			root,
			makePointer('timestamp', { version, expires: lasting.timestamp, of: pointed(snapshot) }),
			keys,
		),
	};
}

/** Returns the entry that refers to a file. */
function pointed({ bytes, contents }: RoleFile<{ readonly version: number }>): PointerContents['of'] {
	return { version: contents.version, length: bytes.length, sha256: sha256Hex(bytes) as Sha256 };
}

/** Signs with every available key of the role. Throws `signature-missing` below its threshold. */
function signed(
	root: RoleFile<RootContents>,
	file: RoleFile<PointerContents>,
	keys: readonly OpenKey[],
): RoleFile<PointerContents> {
	const { keyIds, threshold } = root.contents.roles[file.role];
	const able = keys.filter(({ publicKey }) => keyIds.includes(keyIdOf(publicKey)));
	const done = able.reduce(
		(now, { publicKey, signer }) => addSignature(now, keyIdOf(publicKey), signer.sign),
		file,
	);
	requireMet([
		{
			role: file.role,
			version: file.contents.version,
			rule: 'the root',
			signed: validSigners(done, root),
			threshold,
			keys: keyIds,
		},
	]);
	return done;
}

/** Returns the files that renew the dates: the timestamp, and the snapshot if it would expire first. */
export function planRefresh(live: Live, keys: readonly OpenKey[], lasting: Lasting): readonly Put[] {
	const { root, targets, snapshot } = live;
	if (root === undefined || targets === undefined || snapshot === undefined) return [];
	const pointers = pointersOf(root, targets, live, keys, lasting);
	if (snapshot.contents.expires < lasting.timestamp)
		return [role(pointers.snapshot), role(pointers.timestamp)];
	const version = (live.timestamp?.contents.version ?? 0) + 1;
	return [
		role(
			signed(
				root,
				makePointer('timestamp', { version, expires: lasting.timestamp, of: pointed(snapshot) }),
				keys,
			),
		),
	];
}

function manifestsOf(draft: Draft): readonly Put[] {
	return draft.tags.flatMap((tag) => {
		const below = join(draft.directory, signaturesPathOf(tag));
		const signatures = namesIn(below).map((name) => ({
			path: `${signaturesPathOf(tag)}/${name}`,
			file: join(below, name),
		}));
		return [
			...signatures.map(({ path, file }) => fileOf(path, file)),
			bytesPut(manifestPathOf(tag), manifestBytes(draft, tag)),
		];
	});
}

function fileOf(path: string, file: string): Put {
	return { path, kind: 'versioned', from: { kind: 'file', path: file, sha256: digestOfFile(file) } };
}

function bytesPut(path: string, bytes: Uint8Array): Put {
	return { path, kind: 'versioned', from: { kind: 'bytes', bytes } };
}

function manifestBytes(draft: Draft, tag: Tag): Uint8Array {
	const bytes = draftManifest(draft, tag);
	if (bytes === undefined)
		throw problem(
			'draft-stale',
			`cannot publish: the manifest of ${tag} is not in the draft`,
			'build the release again',
			{
				facts: { tag },
			},
		);
	return bytes;
}

function contentsOf(draft: Draft, repository: string): readonly Put[] {
	const published = draft.tags.flatMap((tag) =>
		publishedFiles(parseReleaseManifest(manifestBytes(draft, tag))),
	);
	const digests = new Set(published.map(({ sha256 }) => sha256));
	const needed = [...digests].filter((sha256) => !existsSync(join(repository, contentPath(sha256))));
	return needed.map((sha256) => ({
		path: contentPath(sha256),
		kind: 'content' as const,
		from: { kind: 'file' as const, path: join(draft.directory, contentPath(sha256)), sha256 },
	}));
}

function targetsOf(
	{ contents }: RoleFile<TargetsContents>,
	draft: Draft,
	repository: string,
): readonly Put[] {
	const listed = [...contents.targets].filter(
		([path, { sha256 }]) => !existsSync(join(repository, targetFilePath(path, sha256))),
	);
	return listed.map(([path, { sha256 }]) =>
		bytesPut(targetFilePath(path, sha256), bytesOf(path, sha256, [draft.directory])),
	);
}
