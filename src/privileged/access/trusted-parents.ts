/** Where root works and what it keeps: nobody else may be able to put something in their place. Looked at by whoever starts. */
import { problem } from '../../model/base/error.ts';
import type { Layout } from '../../model/base/layout.ts';
import { findUntrustedWriter, findUntrustedWriterAbove } from '../../system/access/untrusted-writer.ts';
import { makeDirectory } from '../../system/files/files.ts';

/** Makes the state directory. Throws `tree-unsafe` when another user could change what root keeps there. */
export function prepareState({ state }: Pick<Layout, 'state'>): void {
	makeDirectory(state, 0o700);
	const hole = findUntrustedWriter(state, [process.geteuid?.() ?? 0]);
	if (hole === undefined) return;
	const hint = 'give it and all directories above it to root, writable by nobody else';
	throw problem('tree-unsafe', `cannot keep anything in ${state}: ${hole}`, hint, { facts: { state } });
}

/**
 * Throws `tree-unsafe` when another user than its owner and those in `owners` could put something else in the place of the root. Hooks may give
 * the root itself away.
 */
export function requireTrustedParents({ root }: Pick<Layout, 'root'>, owners: readonly number[]): void {
	const hole = findUntrustedWriterAbove(root, owners);
	if (hole === undefined) return;
	const hint =
		'give all directories above the root to root or to its owner, writable by nobody else; or accept that user: `compat.tree_owner`';
	throw problem('tree-unsafe', `cannot work in ${root}: ${hole}`, hint, { facts: { root } });
}
