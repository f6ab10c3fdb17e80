/** Packs and hashes the files of a release in one pass. The same release always gives the same bytes. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { problem } from '../../model/base/error.ts';
import {
	ARCHIVE_VIOLATIONS,
	ArchiveRules,
	archiveLimits,
	type Packing,
	type ReleaseArchive,
} from '../../model/publication/archive.ts';
import {
	comparePaths,
	type ManifestEntry,
	parseReleasePath,
	type Sha256,
} from '../../model/release/manifest.ts';
import { randomHex } from '../../system/clock.ts';
import { removeTree } from '../../system/files/directories.ts';
import { writeAll } from '../../system/files/write-all.ts';
import type { ContentStore } from './draft-store.ts';
import { TAR_END, TAR_FILE_MAX, tarHead, tarPadding } from './tar-bytes.ts';
import type { AuthorTree, TreeFile } from './tree.ts';

/** The formats that authors can create. Boxes also read archives of other programs. */
export const OWN_PACKINGS = ['tar', 'tar.gz', 'tar.zst'] as const satisfies readonly Packing[];

export type OwnPacking = (typeof OWN_PACKINGS)[number];

/** Higher levels take ten times as long and save a tenth. */
const ZSTD_LEVEL = 12;

export interface Packed {
	/** The packed entries, sorted by path. */
	readonly files: readonly ManifestEntry[];
	readonly archive: ReleaseArchive;
}

/**
 * Packs the files and links of a checked tree. Throws `release-refused` for entries that an archive cannot
 * hold. Calls `onFile` for each entry.
 */
export async function packRelease(
	tree: AuthorTree,
	packing: OwnPacking,
	store: ContentStore,
	onFile: (file: TreeFile) => void,
): Promise<Packed> {
	const temporary = join(store.beside, `.${randomHex(24)}.tmp`);
	const files: ManifestEntry[] = [];
	try {
		const packed = await packInto(temporary, packing, async (write) => {
			await tree.read(sorted(tree), async (file, chunks) => {
				files.push(await packOne(file, chunks, write));
				onFile(file);
			});
			requireTakeable(tree, files);
			await write(TAR_END);
		});
		store.keep(temporary, packed.sha256);
		return { files, archive: { packing, ...packed } };
	} catch (thrown) {
		removeTree(temporary);
		throw thrown;
	}
}

function sorted({ files }: AuthorTree): readonly TreeFile[] {
	return files.filter(({ kind }) => kind !== 'other').sort((a, b) => comparePaths(a.path, b.path));
}

type Write = (bytes: Buffer) => Promise<void>;

async function packOne(
	{ path: name, kind, mode, size }: TreeFile,
	chunks: AsyncIterable<Buffer>,
	write: Write,
): Promise<ManifestEntry> {
	const path = parseReleasePath(name);
	if (path === undefined || size > TAR_FILE_MAX)
		throw refused(name, size > TAR_FILE_MAX ? 'it is larger than 8 GB' : ARCHIVE_VIOLATIONS.path);
	if (kind === 'link') {
		const target = await textOf(chunks);
		await write(tarHead({ kind, path, target }));
		return { kind, path, target };
	}
	const hash = createHash('sha256');
	let left = size;
	await write(tarHead({ kind: 'file', path, mode, size }));
	for await (const chunk of chunks) {
		hash.update(chunk);
		left -= chunk.length;
		await write(chunk);
	}
	if (left !== 0) throw refused(name, 'it was changed while it was read');
	await write(tarPadding(size));
	return { kind: 'file', path, mode, size, sha256: digestOf(hash) };
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
	const pieces: Buffer[] = [];
	for await (const chunk of chunks) pieces.push(chunk);
	return Buffer.concat(pieces).toString('utf8');
}

/** Applies the boxes' rules for archives, which treat more names as equal than those for trees. */
function requireTakeable(tree: AuthorTree, files: readonly ManifestEntry[]): void {
	const rules = new ArchiveRules(archiveLimits(files));
	for (const entry of files) {
		const raw = entry.kind === 'file' ? { ...entry, target: '' } : { ...entry, mode: 0o777, size: 0 };
		const admission = rules.admit(raw);
		if (admission.kind === 'refused')
			throw refused(`${entry.path} of ${tree.name}`, ARCHIVE_VIOLATIONS[admission.why]);
	}
}

/** Writes the packed stream to a new file. Returns its length and digest. */
async function packInto(
	path: string,
	packing: OwnPacking,
	feed: (write: Write) => Promise<void>,
): Promise<{ readonly size: number; readonly sha256: Sha256 }> {
	const packer = packerOf(packing);
	const hash = createHash('sha256');
	const fd = openSync(path, 'wx', 0o644);
	let size = 0;
	const write: Write = (bytes) =>
		new Promise((resolve, reject) => {
			packer.write(bytes, (fault) => (fault == null ? resolve() : reject(fault)));
		});
	const feeding = feed(write).then(
		() => void packer.end(),
		(thrown) => void packer.destroy(thrown),
	);
	try {
		await pipeline(packer, async (pieces: AsyncIterable<Buffer>) => {
			for await (const piece of pieces) {
				hash.update(piece);
				size += piece.length;
				writeAll(fd, piece);
			}
		});
		return { size, sha256: digestOf(hash) };
	} finally {
		await feeding;
		closeSync(fd);
	}
}

/**
 * gzip's header gets neither a name nor a time. zstd uses one thread, because the number of threads would
 * change the output.
 */
function packerOf(packing: OwnPacking): Transform {
	switch (packing) {
		case 'tar':
			return new PassThrough();
		case 'tar.gz':
			return createGzip({ level: 9 });
		case 'tar.zst':
			return createZstdCompress({
				params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_nbWorkers]: 0 },
			});
	}
}

function digestOf(hash: Hash): Sha256 {
	// node:crypto returns 64 hexadecimal digits.
	return hash.digest('hex') as Sha256;
}

function refused(what: string, why: string): Error {
	const hint = 'rename or remove it, or publish the files one by one: leave --archive out';
	return problem('release-refused', `cannot pack ${what}: ${why}`, hint, { facts: { path: what, why } });
}
