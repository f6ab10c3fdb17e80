/** Checks at start that no other user can replace the root or the state directory. */
import { problem } from '../../model/base/error.ts';
import type { Layout } from '../../model/base/layout.ts';
import { findUntrustedWriter, findUntrustedWriterAbove } from '../../system/access/untrusted-writer.ts';
import { makeDirectory } from '../../system/files/directories.ts';

/** Creates the state directory. Throws `tree-unsafe` when another user could change its contents. */
export function prepareState({ state }: Pick<Layout, 'state'>): void {
	makeDirectory(state, 0o700);
	const untrusted = findUntrustedWriter(state, [process.geteuid?.() ?? 0]);
	if (untrusted === undefined) return;
	const hint =
		'make root the owner of it and of all directories above it, and remove write access for others';
	throw problem('tree-unsafe', `cannot trust ${state}: ${untrusted}`, hint, { facts: { state } });
}

/**
 * Throws `tree-unsafe` when a user other than the root's owner and `owners` could replace the root. The root
 * itself may belong to another user, because real hooks give it away.
 */
export function requireTrustedParents({ root }: Pick<Layout, 'root'>, owners: readonly number[]): void {
	const untrusted = findUntrustedWriterAbove(root, owners);
	if (untrusted === undefined) return;
	const hint =
		'make root, or the owner of the root, the owner of all directories above it, without write access for others; or accept that user: `compat.tree_owner`';
	throw problem('tree-unsafe', `cannot trust ${root}: ${untrusted}`, hint, { facts: { root } });
}
