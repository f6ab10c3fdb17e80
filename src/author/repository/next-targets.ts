/** The next targets metadata, made from the published one and the draft. */
import { problem } from '../../model/base/error.ts';
import { makeTargets, type RoleFile, type TargetsContents } from '../tuf-metadata.ts';
import type { Draft } from './draft.ts';
import type { Live } from './live.ts';

type Targets = TargetsContents['targets'];

export type NextTargets =
	/** The draft or the published repository already has it; its signatures stay. */
	| { readonly kind: 'unchanged' }
	| { readonly kind: 'changed'; readonly file: RoleFile<TargetsContents>; readonly dropped: number };

/**
 * Returns whether TUF metadata lists this repository's releases; otherwise they have only detached
 * signatures.
 */
export function usesTuf({ root }: Pick<Live, 'root'>, draft: Draft): 'yes' | 'no' {
	return root === undefined && draft.root === undefined ? 'no' : 'yes';
}

/** Returns the targets that publishing the draft now would list. */
export function targetsNow(live: Live, draft: Draft): Targets {
	return (draft.targets ?? live.targets)?.contents.targets ?? new Map();
}

/**
 * `lists` are the targets to list. `renewed` requires new dates even if they are unchanged. `dropped` counts
 * the lost signatures of a draft that was already signed. Throws `draft-stale` if another publication
 * happened since the draft was started.
 */
export function nextTargets(
	live: Live,
	draft: Draft,
	lists: Targets,
	expires: number,
	dates: 'kept' | 'renewed',
): NextTargets {
	requireFresh(live, draft);
	const now = draft.targets ?? live.targets;
	if (dates === 'kept' && now !== undefined && sameTargets(now.contents.targets, lists))
		return { kind: 'unchanged' };
	const version = (live.targets?.contents.version ?? 0) + 1;
	return {
		kind: 'changed',
		file: makeTargets({ version, expires, targets: lists }),
		dropped: draft.targets?.signedBy.length ?? 0,
	};
}

/** Throws `draft-stale` unless the draft follows the published version or is that version. */
export function requireFresh(live: Live, { targets, root, directory }: Draft): void {
	const stale = staleness(targets, live.targets) ?? staleness(root, live.root);
	if (stale === undefined) return;
	throw problem(
		'draft-stale',
		`cannot use the draft ${directory}: ${stale}`,
		'remove the draft, and build what is in it again',
		{
			facts: { directory },
		},
	);
}

interface Versioned {
	readonly role: string;
	readonly bytes: Uint8Array;
	readonly contents: { readonly version: number };
}

function staleness(drafted: Versioned | undefined, live: Versioned | undefined): string | undefined {
	const published = live?.contents.version ?? 0;
	if (drafted === undefined || drafted.contents.version === published + 1) return undefined;
	if (live !== undefined && Buffer.compare(drafted.bytes, live.bytes) === 0) return undefined;
	return `it holds ${drafted.role} ${drafted.contents.version}, and ${published} is published`;
}

function sameTargets(a: Targets, b: Targets): boolean {
	return a.size === b.size && [...a].every(([path, { sha256 }]) => b.get(path)?.sha256 === sha256);
}
