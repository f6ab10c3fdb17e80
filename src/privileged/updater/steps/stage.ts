/** Writes the release beside the installed one and hashes it while writing; `undo` removes it. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { bytesOnDisk } from '../../../engine/space.ts';
import { problem } from '../../../model/base/error.ts';
import { recordOfStep } from '../../../model/change/journal.ts';
import { removeTree } from '../../../system/files/directories.ts';
import { syncFileSystem } from '../../../system/files/disk.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import { digestOfManifest } from '../../../trust/verified.ts';
import { disksOf, requireRoom } from '../plan/space.ts';
import { makeMtimesDistinct } from '../stage/distinct-mtimes.ts';
import { writeTree } from '../stage/release-tree.ts';
import { manifestPath, removeStaging } from '../stage/staged.ts';
import { openStaging, stagingPath } from '../stage/staging.ts';
import type { StepHandler } from '../step-handler.ts';
import type { ChangeWorld } from '../world.ts';

export const stage: StepHandler<'stage'> = {
	async do(world) {
		const path = stagingPath(world.layout.root, world.opened);
		const commit = recordOfStep(world.journal(), 'fetch')?.commit;
		if (commit === undefined)
			throw problem('internal', 'cannot stage before the fetch', 'please report this');
		removeTree(path);
		await recount(world);
		mkdirSync(path, { mode: 0o700 });
		const { manifest, bytes } = await writeTree(world.source, commit, path, () => undefined);
		const verified = await world.source.verify(commit, manifest);
		makeMtimesDistinct(manifest, path, world.layout.root);
		replaceDurably(manifestPath(world), `${JSON.stringify(verified)}\n`);
		// rsync gives the root the mode of the staging directory, so both must be equal.
		chmodSync(path, lstatSync(world.layout.root).mode & 0o7777 & ~0o022);
		const staging = openStaging(path);
		const inode = staging.inode();
		staging.close();
		// Hooks install from here without a check: a power cut must not leave empty files in a step that counts
		// as done.
		await syncFileSystem(path);
		return { dir: path, inode, files: manifest.entries.length, bytes, digest: digestOfManifest(verified) };
	},
	async undo(world) {
		removeStaging(world.layout.root, world.opened, world.journal());
	},
};

/** Checks the disk space again: before the fetch the size of the release may have been unknown. */
async function recount(world: ChangeWorld): Promise<void> {
	const parts = recordOfStep(world.journal(), 'reserve')?.parts;
	const release = await world.source.known(world.opened.tag);
	if (parts === undefined || release === undefined) return;
	const staging = bytesOnDisk(release.entries, disksOf(world).root.block);
	requireRoom(world, world.opened.tag, {
		...parts,
		store: 0,
		staging,
		growth: Math.max(0, staging - parts.hooks),
	});
}
