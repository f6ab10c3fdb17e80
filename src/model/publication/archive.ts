/**
 * The rules for archives: only files, directories and links that stay inside, without duplicates or overlaps.
 */
import type { Brand } from '../base/brand.ts';
import {
	linkStaysInside,
	type ManifestEntry,
	parseReleasePath,
	type ReleasePath,
	type Sha256,
} from '../release/manifest.ts';

/** The supported archive formats, as file name extensions. */
export const PACKINGS = ['tar', 'tar.gz', 'tar.zst', 'tar.bz2', 'tar.xz'] as const;

export type Packing = (typeof PACKINGS)[number];

/** The archive that contains a release, as its manifest lists it. */
export interface ReleaseArchive {
	readonly packing: Packing;
	/** Size of the archive in bytes. */
	readonly size: number;
	readonly sha256: Sha256;
}

export interface ArchiveLimits {
	/** Files, directories and links. */
	readonly entries: number;
	/** Sum of all file sizes in bytes. */
	readonly bytes: number;
}

/** An entry as read from an archive. Trust: none. */
export interface RawEntry {
	readonly kind: 'file' | 'directory' | 'link' | 'other';
	readonly path: string;
	readonly mode: number;
	readonly size: number;
	/** The target of a link; empty for other kinds. */
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
	mode: 'it has a setuid, setgid or sticky bit',
	link: 'it is a link that leads out of the archive',
	through: 'it lies below a link or a file',
	twice: 'the archive contains it twice',
	case: 'its name differs from another one only in case',
	entries: 'the archive has too many entries',
	bytes: 'the archive has too many bytes',
	header: 'its header is malformed',
	override: 'its header and its extended header disagree',
	cut: 'the archive is truncated',
	rest: 'data follows the end of the archive',
	packing: 'it cannot be decompressed',
} as const;

export type ArchiveViolation = keyof typeof ARCHIVE_VIOLATIONS;

export type Admission =
	| { readonly kind: 'entry'; readonly entry: ArchiveEntry }
	| { readonly kind: 'refused'; readonly why: ArchiveViolation };

/** Checks the entries of one archive in order. Both the fetcher and the updater apply these rules. */
export class ArchiveRules {
	readonly #limits: ArchiveLimits;
	/** The paths so far, by their case-folded name. */
	readonly #seen = new Map<string, { readonly path: string; readonly kind: 'directory' | 'leaf' }>();
	#entries = 0;
	#bytes = 0;

	constructor(limits: ArchiveLimits) {
		this.#limits = limits;
	}

	/** Returns the entry, or why the whole archive is refused because of it. */
	admit(raw: RawEntry): Admission {
		this.#entries += 1;
		this.#bytes += raw.kind === 'file' ? raw.size : 0;
		const path = parseReleasePath(raw.kind === 'directory' ? raw.path.replace(/\/$/, '') : raw.path);
		const why =
			path === undefined
				? 'path'
				: (this.#violation(raw, path) ??
					this.#register(path, raw.kind === 'directory' ? 'directory' : 'leaf'));
		return why !== undefined || path === undefined
			? { kind: 'refused', why: why ?? 'path' }
			: { kind: 'entry', entry: entryOf(raw, path) };
	}

	#violation(raw: RawEntry, path: ReleasePath): ArchiveViolation | undefined {
		if (this.#entries > this.#limits.entries) return 'entries';
		if (raw.kind === 'other') return 'kind';
		if (!Number.isSafeInteger(raw.size) || raw.size < 0 || !Number.isInteger(raw.mode)) return 'header';
		if (raw.kind !== 'file' && raw.size !== 0) return 'header';
		if (this.#bytes > this.#limits.bytes) return 'bytes';
		if (raw.kind !== 'link' && (raw.mode & ~0o777) !== 0) return 'mode';
		return raw.kind === 'link' && !linkStaysInside(path, raw.target) ? 'link' : undefined;
	}

	/** Registers the path and its parents. A directory may be repeated, and may follow its contents. */
	#register(path: ReleasePath, kind: 'directory' | 'leaf'): ArchiveViolation | undefined {
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

/**
 * How many empty directories an archive may have in addition to the parents of its files; they are ignored.
 */
const EMPTY_DIRECTORIES = 1000;

/** Returns the limits for an archive of exactly these files, which exclude decompression bombs. */
export function archiveLimits(files: readonly ManifestEntry[]): ArchiveLimits {
	const parents = new Set<string>();
	for (const { path } of files)
		for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
			parents.add(path.slice(0, end));
	const bytes = files.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
	return { entries: files.length + parents.size + EMPTY_DIRECTORIES, bytes };
}

function entryOf({ kind, mode, size, target }: RawEntry, path: ReleasePath): ArchiveEntry {
	// Only this function creates an ArchiveEntry, after `admit` has checked it.
	if (kind === 'link') return { kind, path, target } as ArchiveEntry;
	if (kind === 'directory') return { kind, path } as ArchiveEntry;
	return { kind: 'file', path, mode: (mode & 0o100) === 0 ? 0o644 : 0o755, size } as ArchiveEntry;
}
