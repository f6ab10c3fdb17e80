/** Reads the published repository in a client's order, starting with timestamp. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { roleFilePath, targetFilePath } from '../../model/publication/repository.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { readSmall } from '../../system/files/read-file.ts';
import { sha256Hex } from '../keys/public-key.ts';
import {
	type PointerContents,
	type RoleFile,
	type RootContents,
	readPointer,
	readRoot,
	readTargets,
	type TargetsContents,
} from '../tuf-metadata.ts';

/** A role is undefined until it is published. */
export interface Live {
	readonly root: RoleFile<RootContents> | undefined;
	readonly targets: RoleFile<TargetsContents> | undefined;
	readonly snapshot: RoleFile<PointerContents> | undefined;
	readonly timestamp: RoleFile<PointerContents> | undefined;
}

const METADATA_MAX = 5_000_000;

/** Reads the metadata of a repository in a directory, which may be missing. Throws `metadata-refused`. */
export function readLive(directory: string): Live {
	const root = latestRoot(directory);
	const timestamp = fileAt(join(directory, roleFilePath('timestamp', 0)));
	if (timestamp === undefined) return { root, targets: undefined, snapshot: undefined, timestamp: undefined };
	const pointer = readPointer('timestamp', timestamp);
	const snapshot = readPointer(
		'snapshot',
		requiredFile(directory, roleFilePath('snapshot', pointer.contents.of.version)),
	);
	const targets = readTargets(requiredFile(directory, roleFilePath('targets', snapshot.contents.of.version)));
	return { root, targets, snapshot, timestamp: pointer };
}

function latestRoot(directory: string): RoleFile<RootContents> | undefined {
	const versions = namesIn(join(directory, 'metadata')).flatMap((name) =>
		Number(/^(\d+)\.root\.json$/.exec(name)?.[1] ?? Number.NaN),
	);
	const latest = versions.filter(Number.isSafeInteger).reduce((most, one) => Math.max(most, one), 0);
	return latest === 0 ? undefined : readRoot(requiredFile(directory, roleFilePath('root', latest)));
}

/**
 * Returns every digest under which a target was published, according to the older targets files that still
 * exist.
 */
export function everListed(directory: string, { targets }: Live, path: string): readonly Sha256[] {
	const versions = Array.from({ length: targets?.contents.version ?? 0 }, (_, at) => at + 1);
	return versions.flatMap((version) => {
		const bytes = fileAt(join(directory, roleFilePath('targets', version)));
		return (bytes === undefined ? undefined : readTargets(bytes).contents.targets.get(path)?.sha256) ?? [];
	});
}

/** Returns the bytes of a listed target, or undefined if they are missing or differ. */
export function targetBytes(directory: string, path: string, sha256: Sha256): Uint8Array | undefined {
	const bytes = fileAt(join(directory, targetFilePath(path, sha256)));
	return bytes !== undefined && sha256Hex(bytes) === sha256 ? bytes : undefined;
}

/** Returns the names in a directory; none if it is missing. */
export function namesIn(directory: string): readonly string[] {
	try {
		return readdirSync(directory).sort();
	} catch {
		return [];
	}
}

/** Returns the bytes of a file, or undefined if it is missing. */
export function fileAt(path: string, limit = 4 * METADATA_MAX): Uint8Array | undefined {
	const read = readSmall(path, limit);
	if (read.kind === 'missing') return undefined;
	if (read.kind === 'file') return read.bytes;
	throw problem(
		'metadata-refused',
		`cannot read ${path}: it is ${read.kind === 'irregular' ? read.why : 'too large'}`,
		'put the file back',
		{
			facts: { path },
		},
	);
}

function requiredFile(directory: string, path: string): Uint8Array {
	const bytes = fileAt(join(directory, path));
	if (bytes !== undefined) return bytes;
	const hint = 'take it from a backup, or from where the repository was uploaded to';
	throw problem('metadata-refused', `cannot read the repository: ${path} is missing`, hint, {
		facts: { directory, path },
	});
}
