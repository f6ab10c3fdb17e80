/** What an archive may hold: plain files, directories, and links that stay inside; each path once, nothing below what is no directory. */
import type { Brand } from '../base/brand.ts';
import {
	linkStaysInside,
	type ManifestEntry,
	parseReleasePath,
	type ReleasePath,
	type Sha256,
} from '../release/manifest.ts';

/** What an archive is packed with, by the end of its name. */
export const PACKINGS = ['tar', 'tar.gz', 'tar.zst', 'tar.bz2', 'tar.xz'] as const;

export type Packing = (typeof PACKINGS)[number];

/** The archive that holds a release, as its manifest lists it. */
export interface ReleaseArchive {
	readonly packing: Packing;
	/** Bytes, packed. */
	readonly size: number;
	readonly sha256: Sha256;
}

export interface ArchiveLimits {
	/** Files, directories and links. */
	readonly entries: number;
	/** Bytes of all files. */
	readonly bytes: number;
}

/** An entry as an archive has it. Trust: none. */
export interface RawEntry {
	readonly kind: 'file' | 'directory' | 'link' | 'other';
	readonly path: string;
	readonly mode: number;
	readonly size: number;
	/** A link's; else empty. */
	readonly target: string;
}

interface Admitted {
	readonly path: ReleasePath;
}

export type ArchiveEntry = Brand<
	| (Admitted & { readonly kind: 'file'; readonly mode: 0o644 | 0o755; readonly size: number })
	| (Admitted & { readonly kind: 'directory' })
	| (Admitted & { readonly kind: 'link'; readonly target: string }),
	'ArchiveEntry'
>;

/** Why an archive is refused. */
export const ARCHIVE_VIOLATIONS = {
	path: 'its path is not allowed',
	kind: 'it is neither a file, a directory nor a link',
	mode: 'it would run with the rights of its owner',
	link: 'it is a link that leads out',
	through: 'it lies below a link or a file',
	twice: 'it is in the archive twice',
	case: 'its name differs from another one by nothing but case',
	entries: 'there are too many entries',
	bytes: 'there are too many bytes',
	header: 'its header is malformed',
	override: 'its header says one thing and its extension another',
	cut: 'the archive ends in the middle',
	rest: 'something follows the archive',
	packing: 'it cannot be unpacked',
} as const;

export type ArchiveViolation = keyof typeof ARCHIVE_VIOLATIONS;

export type Admission =
	| { readonly kind: 'entry'; readonly entry: ArchiveEntry }
	| { readonly kind: 'refused'; readonly why: ArchiveViolation };

/** Admits the entries of one archive, one after the other. Both sides keep these rules, each for itself. */
export class ArchiveRules {
	readonly #limits: ArchiveLimits;
	/** What is there so far, by its name without case. */
	readonly #seen = new Map<string, { readonly path: string; readonly kind: 'directory' | 'leaf' }>();
	#entries = 0;
	#bytes = 0;

	constructor(limits: ArchiveLimits) {
		this.#limits = limits;
	}

	/** Returns the entry, or why it and the whole archive are refused. */
	admit(raw: RawEntry): Admission {
		this.#entries += 1;
		this.#bytes += raw.kind === 'file' ? raw.size : 0;
		const path = parseReleasePath(raw.kind === 'directory' ? raw.path.replace(/\/$/, '') : raw.path);
		const why =
			path === undefined
				? 'path'
				: (this.#complaint(raw, path) ??
					this.#takePlace(path, raw.kind === 'directory' ? 'directory' : 'leaf'));
		return why !== undefined || path === undefined
			? { kind: 'refused', why: why ?? 'path' }
			: { kind: 'entry', entry: entryOf(raw, path) };
	}

	#complaint(raw: RawEntry, path: ReleasePath): ArchiveViolation | undefined {
		if (this.#entries > this.#limits.entries) return 'entries';
		if (raw.kind === 'other') return 'kind';
		if (!Number.isSafeInteger(raw.size) || raw.size < 0 || !Number.isInteger(raw.mode)) return 'header';
		if (raw.kind !== 'file' && raw.size !== 0) return 'header';
		if (this.#bytes > this.#limits.bytes) return 'bytes';
		if (raw.kind !== 'link' && (raw.mode & ~0o777) !== 0) return 'mode';
		return raw.kind === 'link' && !linkStaysInside(path, raw.target) ? 'link' : undefined;
	}

	/** Notes the path and the directories above it. A directory may come again, and after what is in it. */
	#takePlace(path: ReleasePath, kind: 'directory' | 'leaf'): ArchiveViolation | undefined {
		const parts = path.split('/');
		const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
		const places = [...above.map((directory) => [directory, 'directory'] as const), [path, kind] as const];
		for (const [place, wanted] of places) {
			const folded = place.normalize('NFKC').toLowerCase();
			const found = this.#seen.get(folded);
			if (found === undefined) this.#seen.set(folded, { path: place, kind: wanted });
			else if (found.path !== place) return 'case';
			else if (found.kind === 'leaf') return place === path ? 'twice' : 'through';
			else if (wanted === 'leaf') return 'twice';
		}
		return undefined;
	}
}

/** Empty directories that an archive may have besides those that its files lie in: they are passed over. */
const EMPTY_DIRECTORIES = 1000;

/** Returns the limits of an archive that holds just these files: there is no bomb in it that they do not list. */
export function limitsOf(files: readonly ManifestEntry[]): ArchiveLimits {
	const parents = new Set<string>();
	for (const { path } of files)
		for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
			parents.add(path.slice(0, end));
	const bytes = files.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
	return { entries: files.length + parents.size + EMPTY_DIRECTORIES, bytes };
}

function entryOf({ kind, mode, size, target }: RawEntry, path: ReleasePath): ArchiveEntry {
	// Admitted above: this is the one place that makes one.
	if (kind === 'link') return { kind, path, target } as ArchiveEntry;
	if (kind === 'directory') return { kind, path } as ArchiveEntry;
	return { kind: 'file', path, mode: (mode & 0o100) === 0 ? 0o644 : 0o755, size } as ArchiveEntry;
}
