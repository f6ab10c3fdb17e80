/**
 * Builds a release: its manifest, and its files by digest. Deterministic: the same tree gives the same bytes.
 */
import { Readable } from 'node:stream';
import { problem } from '../../model/base/error.ts';
import { publishedFiles } from '../../model/publication/repository.ts';
import { comparePaths, type ManifestEntry, parseReleasePath } from '../../model/release/manifest.ts';
import { type ReleaseManifest, writeReleaseManifest } from '../../model/release/release-manifest.ts';
import { type Tag, tagsOfVersion } from '../../model/release/tag.ts';
import { type ContentStore, keepFile } from './draft-store.ts';
import { isJudgedByContents, JUDGED_MAX_BYTES, type Judgement, judgeRelease } from './judge.ts';
import { type OwnPacking, type Packed, packRelease } from './pack.ts';
import { type AuthorTree, readWhole, type TreeFile } from './tree.ts';

export interface Declared {
	readonly product: string;
	/** Undefined: `v` followed by the version in info.json. */
	readonly tag: Tag | undefined;
	/** The only channel for the release; null: all channels. */
	readonly channel: string | null;
	readonly hardware: readonly string[] | null;
	/** The archive's format; undefined: files are published individually. */
	readonly archive: OwnPacking | undefined;
}

export interface Built {
	readonly manifest: ReleaseManifest;
	/** The manifest that is published and signed. */
	readonly bytes: Uint8Array;
	readonly warnings: readonly string[];
}

/**
 * Checks the tree, then hashes and stores all files. Throws `release-refused` with every fault before
 * anything is stored. `onProgress` gets 0 to 100.
 */
export async function buildRelease(
	tree: AuthorTree,
	declared: Declared,
	store: ContentStore,
	onProgress: (percent: number, what: string) => void,
): Promise<Built> {
	const contents = await readWhole(tree, tree.files.filter(isJudgedByContents), JUDGED_MAX_BYTES);
	const judged = judgeRelease(declared.tag, tree.files, contents);
	const info = requireSound(tree, judged);
	const onFile = progressOf(tree, onProgress);
	const { product, channel, hardware } = declared;
	const { files, archive } =
		declared.archive === undefined
			? { files: await keepFiles(tree, contents, store, onFile), archive: null }
			: await keepArchive(tree, declared.archive, contents, store, onFile);
	const tag = declared.tag ?? tagsOfVersion(info.version)[0];
	const manifest = {
		product,
		tag,
		version: info.version,
		requires: info.requires,
		channel,
		hardware,
		terms: judged.terms,
		hooks: judged.hooks,
		archive,
		files,
	};
	const lost = tree.lost.map((path) => `${path}: is an empty directory, and will not be in the release`);
	return { manifest, bytes: writeReleaseManifest(manifest), warnings: [...judged.warnings, ...lost] };
}

function requireSound(tree: AuthorTree, { faults, info }: Judgement) {
	if (faults.length === 0 && info !== undefined) return info;
	const count = faults.length === 1 ? 'one thing' : `${faults.length} things`;
	throw problem(
		'release-refused',
		`cannot build ${tree.name}: boxes would reject it, for ${count}`,
		'correct all of them, commit, tag and build again',
		{
			facts: { faults },
		},
	);
}

/** Returns the callback for each finished file. */
function progressOf(
	{ files }: AuthorTree,
	onProgress: (percent: number, what: string) => void,
): (file: TreeFile) => void {
	const total = files.reduce((sum, { size }) => sum + size, 0);
	let done = 0;
	return ({ size, path }) => {
		done += size;
		onProgress(total === 0 ? 100 : Math.floor((100 * done) / total), path);
	};
}

/** Stores the archive, and beside it the files that boxes read before they download an archive. */
async function keepArchive(
	tree: AuthorTree,
	packing: OwnPacking,
	contents: ReadonlyMap<string, Buffer>,
	store: ContentStore,
	onFile: (file: TreeFile) => void,
): Promise<Packed> {
	const packed = await packRelease(tree, packing, store, onFile);
	for (const { name } of publishedFiles(packed)) {
		const bytes = contents.get(name);
		if (bytes !== undefined) await keepFile(store, Readable.from([bytes]));
	}
	return packed;
}

async function keepFiles(
	tree: AuthorTree,
	contents: ReadonlyMap<string, Buffer>,
	store: ContentStore,
	onFile: (file: TreeFile) => void,
): Promise<readonly ManifestEntry[]> {
	const entries: ManifestEntry[] = tree.files.flatMap((file) => linkOf(file, contents));
	const files = tree.files.filter(({ kind }) => kind === 'file');
	await tree.read(files, async (file, chunks) => {
		const { sha256, size } = await keepFile(store, chunks);
		const path = parseReleasePath(file.path);
		if (path !== undefined) entries.push({ kind: 'file', path, mode: file.mode, size, sha256 });
		onFile(file);
	});
	return entries.sort((a, b) => comparePaths(a.path, b.path));
}

function linkOf({ path, kind }: TreeFile, contents: ReadonlyMap<string, Buffer>): readonly ManifestEntry[] {
	const place = parseReleasePath(path);
	return kind === 'link' && place !== undefined
		? [{ kind: 'link', path: place, target: contents.get(path)?.toString('utf8') ?? '' }]
		: [];
}
