/**
 * The command that starts a release again after a rollback. It is copied before any hook runs: hooks `chown
 * -R` the root, and root must not run a file that another user could have written since.
 */
import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { findUntrustedWriter } from '../../../system/access/untrusted-writer.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import { trustedOwners } from '../../access/trusted-owners.ts';
import type { ChangeWorld } from '../world.ts';
import { type Installed, readInstalled } from './installed.ts';

const SCRIPT_MAX_BYTES = 4 * 1024 * 1024;

/** The script with which a release is started again. */
const SCRIPT = 'scripts/update/rollback.sh';

/** The sealed copy in the change's own directory. */
export function sealedScript(dir: string): string {
	return join(dir, 'rollback.sh');
}

/**
 * Copies the installed release's `scripts/update/rollback.sh`, if it has one, to root's own directory.
 * Throws `tree-unsafe` when root did not install it itself and another user could have written it.
 */
export function sealRestart(world: ChangeWorld): void {
	const path = join(world.layout.root, SCRIPT);
	const read = readSmall(path, SCRIPT_MAX_BYTES);
	if (read.kind === 'missing') return;
	if (read.kind !== 'file')
		throw unsafe(path, read.kind === 'irregular' ? `it is ${read.why}` : 'it is too large');
	const known = readInstalled(world.layout.installed, world.opened.from);
	const writer = isAsInstalled(read.bytes, known)
		? undefined
		: findUntrustedWriter(path, trustedOwners(world.config));
	if (writer !== undefined) throw unsafe(path, writer);
	replaceDurably(sealedScript(world.dir), read.bytes);
	chmodSync(sealedScript(world.dir), 0o700);
}

function isAsInstalled(bytes: Uint8Array, known: Installed | undefined): boolean {
	const digest = known?.digests[SCRIPT];
	return digest !== undefined && digest === createHash('sha256').update(bytes).digest('hex');
}

function unsafe(path: string, why: string): Error {
	return problem(
		'tree-unsafe',
		`cannot update: root would have to run ${path} after a rollback, and ${why}`,
		'give the file to root, or set install.restart or compat.tree_owner',
		{
			facts: { path, why },
		},
	);
}
