/**
 * Writes files into the published repository, each with a rename. One sync makes all files named by digest
 * durable.
 */
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

/** One file to write into the repository. */
export interface Put {
	/** Path relative to the repository. */
	readonly path: string;
	/** `content`: named by digest, so it may already exist. `current`: clients request it by a fixed name. */
	readonly kind: 'content' | 'versioned' | 'current';
	readonly from:
		| { readonly kind: 'bytes'; readonly bytes: Uint8Array }
		| { readonly kind: 'file'; readonly path: string; readonly sha256: Sha256 };
}

/**
 * Writes all files in order: those named by digest first, with one sync, then the others one by one. Calls
 * `onPut` before each. Throws `content-changed` for a file of the draft that is missing or was changed since
 * the build.
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

/** Creates a hard link where the file system allows it, otherwise a copy. */
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

/**
 * Deletes the manifests of releases that are no longer listed. Their files stay for boxes that are still
 * downloading.
 */
export function withdraw(repository: string, tags: readonly Tag[]): void {
	for (const tag of tags) removeTree(join(repository, 'releases', tag));
}

/** Removes the files that these tools wrote into a draft, and its directory if nothing else is in it. */
export function tidyDraft(draft: string): void {
	for (const name of ['metadata', 'targets', 'releases', 'files', 'base', 'withdrawn.json', '.lock'])
		removeTree(join(draft, name));
	if (existsSync(draft) && readdirSync(draft).length === 0) removeTree(draft);
}
