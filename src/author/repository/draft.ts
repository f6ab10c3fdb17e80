/**
 * The draft: a prepared publication. Its directory has the repository's layout but only the new files, so
 * that it can be carried to another signer and back; `base/` holds the published metadata for signers.
 */
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { asObject, parseStrictJson } from '../../model/base/json.ts';
import { roleFilePath } from '../../model/publication/repository.ts';
import { parseTag, type Tag } from '../../model/release/tag.ts';
import { MANIFEST_NAME } from '../../model/release/tree.ts';
import { makeDirectory, removeTree } from '../../system/files/directories.ts';
import { writePrivateFile } from '../../system/files/private-file.ts';
import {
	type RoleFile,
	type RootContents,
	readRoot,
	readTargets,
	type TargetsContents,
} from '../tuf-metadata.ts';
import { fileAt, type Live, namesIn } from './live.ts';

export interface Draft {
	readonly directory: string;
	readonly root: RoleFile<RootContents> | undefined;
	readonly targets: RoleFile<TargetsContents> | undefined;
	/** The published state when the draft was started or last changed. */
	readonly base: {
		readonly root: RoleFile<RootContents> | undefined;
		readonly targets: RoleFile<TargetsContents> | undefined;
	};
	/** The releases that it publishes. */
	readonly tags: readonly Tag[];
	/** The releases that it withdraws. */
	readonly withdrawn: readonly Tag[];
}

/** Reads a draft, which may be missing. Throws `metadata-refused`. */
export function readDraft(directory: string): Draft {
	const root = roleIn(join(directory, 'metadata'), 'root');
	const targets = roleIn(join(directory, 'metadata'), 'targets');
	const base = {
		root: fileAt(join(directory, 'base/root.json')),
		targets: fileAt(join(directory, 'base/targets.json')),
	};
	return {
		directory,
		root: root === undefined ? undefined : readRoot(root),
		targets: targets === undefined ? undefined : readTargets(targets),
		base: {
			root: base.root === undefined ? undefined : readRoot(base.root),
			targets: base.targets === undefined ? undefined : readTargets(base.targets),
		},
		tags: namesIn(join(directory, 'releases')).flatMap((name) => parseTag(name) ?? []),
		withdrawn: readWithdrawn(directory),
	};
}

/** Returns whether the draft is empty. */
export function isEmpty({ root, targets, tags, withdrawn }: Draft): boolean {
	return root === undefined && targets === undefined && tags.length === 0 && withdrawn.length === 0;
}

function roleIn(directory: string, role: 'root' | 'targets'): Uint8Array | undefined {
	const [name, more] = namesIn(directory).filter((one) => one.endsWith(`.${role}.json`));
	if (more !== undefined)
		throw problem(
			'metadata-refused',
			`cannot read the draft: it has more than one ${role}`,
			'remove one of them',
			{
				facts: { directory },
			},
		);
	return name === undefined ? undefined : fileAt(join(directory, name));
}

function readWithdrawn(directory: string): readonly Tag[] {
	const bytes = fileAt(join(directory, 'withdrawn.json'));
	const json =
		bytes === undefined ? undefined : parseStrictJson(bytes, { bytes: 1_000_000, depth: 3, nodes: 10_000 });
	const list = json?.kind === 'json' ? asObject(json.value)?.['tags'] : undefined;
	return Array.isArray(list) ? list.flatMap((one: unknown) => parseTag(one) ?? []) : [];
}

/** Writes a file into the draft durably, creating its directories. */
export function putIntoDraft(directory: string, path: string, bytes: Uint8Array): void {
	const to = join(directory, path);
	makeDirectory(join(to, '..'), 0o755);
	writePrivateFile(to, bytes, 0o644);
}

/** Writes a role's file into the draft, replacing the existing one. */
export function putRole(draft: Draft, file: RoleFile<RootContents> | RoleFile<TargetsContents>): void {
	const path = roleFilePath(file.role, file.contents.version);
	for (const name of namesIn(join(draft.directory, 'metadata')))
		if (name.endsWith(`.${file.role}.json`) && !path.endsWith(`/${name}`))
			removeTree(join(draft.directory, 'metadata', name));
	putIntoDraft(draft.directory, path, file.bytes);
}

/** Copies the published metadata into the draft, so that signers see the changes. */
export function putBase(draft: Draft, { root, targets }: Live): void {
	if (root !== undefined) putIntoDraft(draft.directory, 'base/root.json', root.bytes);
	if (targets !== undefined) putIntoDraft(draft.directory, 'base/targets.json', targets.bytes);
}

export function putWithdrawn(draft: Draft, tags: readonly Tag[]): void {
	putIntoDraft(
		draft.directory,
		'withdrawn.json',
		new TextEncoder().encode(`${JSON.stringify({ schema: 1, tags })}\n`),
	);
}

/** Removes a release from a draft; its files stay until the draft is published or removed. */
export function dropRelease(draft: Draft, tag: Tag): void {
	removeTree(join(draft.directory, 'releases', tag));
	removeTree(join(draft.directory, 'targets/releases', tag));
}

/** Returns the bytes of a manifest in the draft. */
export function draftManifest(draft: Draft, tag: Tag): Uint8Array | undefined {
	return fileAt(join(draft.directory, 'releases', tag, MANIFEST_NAME));
}
