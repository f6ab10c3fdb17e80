/**
 * The release manifest, `signalbox-manifest.json`: a release's identity and terms, and every file with mode,
 * size and digest. It is the same for every transport (git, web server, USB stick); signatures cover its
 * published bytes.
 */

import { problem } from '../base/error.ts';
import { asObject, type JsonObject, parseStrictJson } from '../base/json.ts';
import { writeSpan } from '../base/units.ts';
import { probeOf } from '../config/config.ts';
import { type Probe, tableOf } from '../config/probe.ts';
import { schemaIssues } from '../config/schema/file.ts';
import type { ReleaseArchive } from '../publication/archive.ts';
import type { HookName } from './hook-name.ts';
import type { ManifestEntry } from './manifest.ts';
import { type EntryTable, type ManifestFile, manifestFile } from './release-manifest-schema.ts';
import { type Tag, versionOfTag } from './tag.ts';
import type { ReleaseTerms } from './terms.ts';
import { faultOfHooks, faultOfTree } from './tree.ts';
import type { Version, VersionRange } from './version.ts';

export interface ReleaseManifest {
	readonly product: string;
	readonly tag: Tag;
	/** The version that the tag names. */
	readonly version: Version;
	readonly requires: VersionRange;
	/** Null: boxes of every channel may install it. */
	readonly channel: string | null;
	/** Null: it may be installed on all hardware. */
	readonly hardware: readonly string[] | null;
	readonly terms: ReleaseTerms;
	/** Exactly the hooks among the files, in the order in which they run. */
	readonly hooks: readonly HookName[];
	/** The archive that contains all `files`; null if they are published one by one. */
	readonly archive: ReleaseArchive | null;
	/**
	 * Sorted by path in byte order. No path lies below a file or link, and no two paths differ only in case.
	 */
	readonly files: readonly ManifestEntry[];
}

/** Larger files are refused unread, and more deeply nested ones unparsed. */
export const MANIFEST_LIMITS = { bytes: 16 * 1024 * 1024, depth: 16, nodes: 210_000 } as const;

/**
 * Parses the bytes of a manifest. It ignores `x-` keys and rejects all other unknown keys. Trust: none;
 * src/trust verifies the signatures. Throws `manifest-unreadable`, which says what is wrong and where.
 */
export function parseReleaseManifest(bytes: Uint8Array): ReleaseManifest {
	const parsed = parseStrictJson(bytes, MANIFEST_LIMITS);
	if (parsed.kind === 'unreadable') throw unreadable([parsed.why]);
	const raw = asObject(parsed.value);
	if (raw === undefined) throw unreadable(['it is not an object']);
	const read = manifestFile.safeParse(withoutExtensions(raw));
	if (!read.success) throw unreadable(schemaIssues(read.error));
	const manifest = manifestOf(read.data);
	const why = faultOf(manifest);
	if (why !== undefined) throw unreadable([why]);
	return manifest;
}

/**
 * Returns the bytes of a manifest, one file per line; equal releases give equal bytes. Throws
 * `manifest-unreadable` if parseReleaseManifest would refuse them, so that no author signs a manifest that no
 * box accepts.
 */
export function writeReleaseManifest(manifest: ReleaseManifest): Uint8Array {
	const { product, tag, version, requires, channel, hardware, terms, hooks, archive, files } = manifest;
	const { minimumSafeVersion, dataVersion, reboot, probes } = terms;
	const asks = { minimumSafeVersion, dataVersion, reboot, probes: probes.map(probeTable) };
	// Without an archive the key is left out, so that boxes which do not know it can read the manifest.
	const packed = archive === null ? {} : { archive };
	const head = { schema: 1, product, tag, version, requires, channel, hardware, ...asks, hooks, ...packed };
	const lines = Object.entries(head).map(
		([key, value]) => `\t${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
	);
	const entries = files.map((entry) => `\t\t${JSON.stringify(entryTable(entry))}`);
	const bytes = new TextEncoder().encode(
		`{\n${lines.join('')}\t"files": [\n${entries.join(',\n')}\n\t]\n}\n`,
	);
	parseReleaseManifest(bytes);
	return bytes;
}

function withoutExtensions(raw: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith('x-')));
}

function manifestOf({
	schema: _,
	minimumSafeVersion,
	dataVersion,
	reboot,
	probes,
	files,
	...named
}: ManifestFile): ReleaseManifest {
	const asked = probes.map((table) => probeOf(table, 'release'));
	return {
		...named,
		terms: { reboot, probes: asked, minimumSafeVersion, dataVersion },
		files: files.map(entryOf),
	};
}

/** The schema guarantees that a file has all three keys and a link has none of them. */
function entryOf({ path, mode = '0644', size = 0, sha256, target }: EntryTable): ManifestEntry {
	if (target !== undefined || sha256 === undefined) return { kind: 'link', path, target: target ?? '' };
	return { kind: 'file', path, mode: mode === '0755' ? 0o755 : 0o644, size, sha256 };
}

function faultOf({ tag, version, hooks, files }: ReleaseManifest): string | undefined {
	if (versionOfTag(tag) !== version) return `its tag ${tag} and its version ${version} are not the same`;
	return faultOfTree(files) ?? faultOfHooks(hooks, files);
}

function entryTable(entry: ManifestEntry): object {
	if (entry.kind === 'link') return { path: entry.path, target: entry.target };
	return {
		path: entry.path,
		mode: entry.mode === 0o755 ? '0755' : '0644',
		size: entry.size,
		sha256: entry.sha256,
	};
}

/** Writes every key of a probe: a later change of a default would change the meaning of a signed manifest. */
function probeTable({ name, question, timeout, interval, deadline, soak }: Probe): object {
	const spans = { timeout: writeSpan(timeout), interval: writeSpan(interval), deadline: writeSpan(deadline) };
	return { name, ...tableOf(question), ...spans, ...(soak > 0 ? { soak: writeSpan(soak) } : {}) };
}

function unreadable(why: readonly string[]): Error {
	return problem(
		'manifest-unreadable',
		`cannot read the manifest of the release: ${why.slice(0, 3).join('; ')}`,
		'ask its author to build and publish the release again',
		{ facts: { why: why.slice(0, 20) } },
	);
}
