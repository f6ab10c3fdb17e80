/** Writes a fetched release to disk and hashes it while writing: no file is read twice. */
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, constants, fchmodSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import {
	comparePaths,
	linkStaysInside,
	type Manifest,
	type ManifestEntry,
	type Sha256,
} from '../../../model/release/manifest.ts';
import type { ReleaseSource, SourceEntry } from '../../../sources/source.ts';
import { writeAll } from '../../../system/files/write-all.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** The longest link target that is accepted. */
const LINK_MAX = 1024;

export interface WrittenTree {
	readonly manifest: Manifest;
	readonly bytes: number;
}

/**
 * Writes the release to `dir`, which must be new and private, and returns its manifest. Links are made last,
 * so that nothing is written through one. Nothing is synced: the caller does one syncfs.
 * Throws `content-refused` for a link that leaves the release.
 */
export async function writeTree(
	source: ReleaseSource,
	commit: string,
	dir: string,
	onBytes: (done: number) => void,
): Promise<WrittenTree> {
	const entries: ManifestEntry[] = [];
	const made = new Set<string>();
	let bytes = 0;
	await source.read(commit, async (entry, chunks) => {
		if (entry.kind === 'link') {
			entries.push(await readLink(entry, chunks));
			return;
		}
		makeParents(dir, entry.path, made);
		entries.push(await writeFile(join(dir, entry.path), entry, chunks));
		bytes += entry.size;
		onBytes(bytes);
	});
	for (const entry of entries) if (entry.kind === 'link') makeLink(dir, entry, made);
	return { manifest: { schema: 1, entries: entries.sort((a, b) => comparePaths(a.path, b.path)) }, bytes };
}

function makeParents(dir: string, path: string, made: Set<string>): void {
	const parent = dirname(path);
	if (parent === '.' || made.has(parent)) return;
	makeParents(dir, parent, made);
	mkdirSync(join(dir, parent), { mode: 0o755 });
	chmodSync(join(dir, parent), 0o755);
	made.add(parent);
}

async function writeFile(
	path: string,
	entry: SourceEntry & { kind: 'file' },
	chunks: AsyncIterable<Buffer>,
): Promise<ManifestEntry> {
	const hash = createHash('sha256');
	const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, entry.mode);
	try {
		for await (const chunk of chunks) {
			hash.update(chunk);
			writeAll(fd, chunk);
		}
		fchmodSync(fd, entry.mode);
	} finally {
		closeSync(fd);
	}
	return {
		kind: 'file',
		path: entry.path,
		mode: entry.mode,
		size: entry.size,
		sha256: hash.digest('hex') as Sha256,
	};
}

async function readLink(
	entry: SourceEntry & { kind: 'link' },
	chunks: AsyncIterable<Buffer>,
): Promise<ManifestEntry> {
	const pieces: Buffer[] = [];
	let length = 0;
	for await (const chunk of chunks) {
		length += chunk.length;
		if (length <= LINK_MAX) pieces.push(chunk);
	}
	const target = Buffer.concat(pieces).toString('utf8');
	if (length > LINK_MAX || !linkStaysInside(entry.path, target)) {
		throw problem(
			'content-refused',
			`cannot take this release: its link ${JSON.stringify(entry.path)} leaves the release`,
			'ask its author to publish links that stay inside',
			{
				facts: { path: entry.path, target: target.slice(0, 200) },
			},
		);
	}
	return { kind: 'link', path: entry.path, target };
}

function makeLink(dir: string, entry: ManifestEntry & { kind: 'link' }, made: Set<string>): void {
	makeParents(dir, entry.path, made);
	symlinkSync(entry.target, join(dir, entry.path));
}
