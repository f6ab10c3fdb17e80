/** Describes a draft's changes to its signers. */
import { parseChannelFile } from '../../model/publication/channel-file.ts';
import { parseTargetPath } from '../../model/publication/repository.ts';
import { parseReleaseManifest } from '../../model/release/release-manifest.ts';
import { isoTime } from '../../system/clock.ts';
import { KEY_ROLES } from '../keys/first-root.ts';
import type { KeyId, RoleFile, RootContents, TargetsContents } from '../tuf-metadata.ts';
import { bytesOf } from './channels.ts';
import type { Draft } from './draft.ts';

type Targets = TargetsContents['targets'];

/**
 * Returns one line per change. Everything that the draft publishes must be in it, whatever its metadata says.
 */
export function changesOf(draft: Draft): readonly string[] {
	return [
		...(draft.root === undefined ? [] : rootChanges(draft.root, draft.base.root)),
		...(draft.targets === undefined
			? draft.tags.map((tag) => `release ${tag}`)
			: targetsChanges(draft.targets, draft)),
	];
}

function targetsChanges({ contents }: RoleFile<TargetsContents>, draft: Draft): readonly string[] {
	const before: Targets = draft.base.targets?.contents.targets ?? new Map();
	const changed = [...contents.targets].filter(([path, { sha256 }]) => before.get(path)?.sha256 !== sha256);
	const gone = [...before.keys()].filter((path) => !contents.targets.has(path));
	return [
		`targets ${contents.version}, valid until ${isoTime(contents.expires)}`,
		...changed.map(([path, { sha256 }]) => lineOf(path, bytesOf(path, sha256, [draft.directory]), sha256)),
		...gone.map((path) => `  takes back ${path}`),
	];
}

function lineOf(path: string, bytes: Uint8Array, sha256: string): string {
	const meaning = parseTargetPath(path);
	if (meaning?.kind === 'channel') {
		const { tag, minimumSafeVersion } = parseChannelFile(bytes);
		return `  channel ${meaning.channel} announces ${tag}${minimumSafeVersion === null ? '' : `, nothing below ${minimumSafeVersion} is safe`}`;
	}
	const { product, tag, archive, files } = parseReleaseManifest(bytes);
	const packed = archive === null ? '' : ` in one ${archive.packing}`;
	return `  release ${tag} of ${product}: ${files.length} files${packed}, manifest sha256 ${sha256}`;
}

function rootChanges(
	{ contents }: RoleFile<RootContents>,
	before: RoleFile<RootContents> | undefined,
): readonly string[] {
	return [
		`root ${contents.version}, valid until ${isoTime(contents.expires)}`,
		...KEY_ROLES.flatMap((role) => {
			const name = role === 'online' ? 'timestamp' : role;
			const now = contents.roles[name];
			const was = before?.contents.roles[name];
			const added = now.keyIds.filter((id) => was?.keyIds.includes(id) !== true);
			const removed = (was?.keyIds ?? []).filter((id) => !now.keyIds.includes(id));
			const same = added.length === 0 && removed.length === 0 && was?.threshold === now.threshold;
			return same
				? []
				: [
						`  ${role}: ${now.threshold} of ${now.keyIds.length} keys${listed(', new', added)}${listed(', no longer', removed)}`,
					];
		}),
	];
}

function listed(word: string, ids: readonly KeyId[]): string {
	return ids.length === 0 ? '' : `${word}: ${ids.map((id) => id.slice(0, 16)).join(' ')}`;
}
