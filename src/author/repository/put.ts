/** Puts files into the published repository: each by a rename, what is by digest made durable by one sync. */
import { copyFileSync, existsSync, linkSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../model/base/errno.ts';
import { problem } from '../../model/base/error.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import type { Tag } from '../../model/release/tag.ts';
import { randomHex } from '../../system/clock.ts';
import { makeDirectory, removeTree } from '../../system/files/directories.ts';
import { syncFileSystem } from '../../system/files/disk.ts';
import { writePrivateFile } from '../../system/files/private-file.ts';
import { digestOfFile } from './digest.ts';

/** One thing that is put into the repository. */
export interface Put {
	/** Below the repository. */
	readonly path: string;
	/** `content`: by digest, so it may be there already; `current`: what clients ask for by a fixed name. */
	readonly kind: 'content' | 'versioned' | 'current';
	readonly from:
		| { readonly kind: 'bytes'; readonly bytes: Uint8Array }
		| { readonly kind: 'file'; readonly path: string; readonly sha256: Sha256 };
}

/**
 * Puts all of it, in order; what is by digest first, made durable by one sync, the rest one by one. `onPut` is told before each.
 * Throws `content-changed` for a file of the draft that is missing or not what it was built from.
 */
export async function putAll(
	puts: readonly Put[],
	repository: string,
	onPut: (done: number, put: Put) => void,
): Promise<void> {
	let unsynced = false;
	for (const [done, put] of puts.entries()) {
		onPut(done, put);
		if (put.kind !== 'content' && unsynced) {
			await syncFileSystem(repository);
			unsynced = false;
		}
		putOne(put, join(repository, put.path));
		unsynced ||= put.kind === 'content';
	}
}

function putOne({ from }: Put, to: string): void {
	makeDirectory(dirname(to), 0o755);
	if (from.kind === 'bytes') {
		writePrivateFile(to, from.bytes, 0o644);
		return;
	}
	const temporary = join(dirname(to), `.${randomHex(24)}.tmp`);
	try {
		takeFile(from.path, temporary);
		if (digestOfFile(temporary) !== from.sha256) throw changed(from.path);
		renameSync(temporary, to);
	} finally {
		removeTree(temporary);
	}
}

/** A second name where the file system allows it, else a copy. */
function takeFile(from: string, to: string): void {
	if (lstatSync(from, { throwIfNoEntry: false })?.isFile() !== true) throw changed(from);
	try {
		linkSync(from, to);
	} catch (thrown) {
		if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(errnoOf(thrown))) throw thrown;
		copyFileSync(from, to);
	}
}

function changed(path: string): Error {
	return problem(
		'content-changed',
		`cannot publish: ${path} is missing, or not what was built`,
		'build the release again',
		{
			facts: { path },
		},
	);
}

/** Takes the manifests of releases away that are no longer listed; the bytes of their files stay for boxes that are at it. */
export function withdraw(repository: string, tags: readonly Tag[]): void {
	for (const tag of tags) removeTree(join(repository, 'releases', tag));
}

/** Returns whether a draft directory holds nothing that a person put there. */
export function tidyDraft(draft: string): void {
	for (const name of ['metadata', 'targets', 'releases', 'files', 'base', 'withdrawn.json', '.lock'])
		removeTree(join(draft, name));
	if (existsSync(draft) && readdirSync(draft).length === 0) removeTree(draft);
}
