/**
 * Checks a release as boxes do, and reports every problem at once, so that its author needs one round of
 * corrections.
 */
import { recordOf } from '../../model/base/error.ts';
import { type HookName, parseHookName } from '../../model/release/hook-name.ts';
import { HOOK_MAX_BYTES, readHookHead } from '../../model/release/hook-script.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../model/release/info.ts';
import { comparePaths, linkStaysInside, parseReleasePath } from '../../model/release/manifest.ts';
import { type Tag, versionOfTag } from '../../model/release/tag.ts';
import { DEFAULT_TERMS, type ReleaseTerms } from '../../model/release/terms.ts';
import { parseReleaseTerms, RELEASE_TERMS_MAX_BYTES } from '../../model/release/terms-file.ts';
import { MANIFEST_NAME } from '../../model/release/tree.ts';
import { isNewer, lowestOf } from '../../model/release/version.ts';
import type { TreeFile } from './tree.ts';

export interface Judgement {
	/** Problems for which boxes reject the release: one sentence each, beginning with the path. */
	readonly faults: readonly string[];
	/** Things that boxes accept but the author may not intend. */
	readonly warnings: readonly string[];
	/** Undefined if its file cannot be read, which is a fault. */
	readonly info: InfoJson | undefined;
	readonly terms: ReleaseTerms;
	readonly hooks: readonly HookName[];
}

const SCRIPTS = 'scripts/update/';
const TERMS = `${SCRIPTS}.release.json`;
const IGNORE = `${SCRIPTS}.updateignore`;
const FILES_MAX = 200_000;
const LINK_MAX = 1024;

/** Returns whether the check needs this file's content: links, hooks, and the release's own description. */
export function isJudgedByContents({ path, kind }: TreeFile): boolean {
	return kind === 'link' || path === 'info.json' || path === TERMS || isNamedAsHook(path);
}

/** The size up to which such a file is read. */
export const JUDGED_MAX_BYTES = HOOK_MAX_BYTES;

/** `contents` holds the files that isJudgedByContents names, unless they are too large. */
export function judgeRelease(
	tag: Tag | undefined,
	files: readonly TreeFile[],
	contents: ReadonlyMap<string, Buffer>,
): Judgement {
	const names = new Set(files.map(({ path }) => path));
	const hooks = files.filter(({ path }) => isNamedAsHook(path));
	const info = judgeInfo(tag, contents.get('info.json'), names.has('info.json'));
	const terms = judgeTerms(contents.get(TERMS), names.has(TERMS));
	return {
		faults: [
			...faultsOfNames(files),
			...files.flatMap((file) => faultsOfLink(file, contents.get(file.path))),
			...info.faults,
			...terms.faults,
			...faultsOfHooks(hooks, contents),
			...(names.has(IGNORE)
				? []
				: [
						`${IGNORE}: is missing: it says what of the root is the user’s, and what it does not name may be deleted`,
					]),
		],
		warnings: [...warningsOfNames(names), ...warningsOfVersions(info.info, terms.terms)],
		info: info.info,
		terms: terms.terms,
		hooks: hooks.flatMap(({ path }) => parseHookName(path.slice(SCRIPTS.length)) ?? []).sort(),
	};
}

function isNamedAsHook(path: string): boolean {
	return path.startsWith(SCRIPTS) && path.endsWith('-run.sh') && !path.slice(SCRIPTS.length).includes('/');
}

function faultsOfNames(files: readonly TreeFile[]): readonly string[] {
	const faults: string[] =
		files.length > FILES_MAX ? [`it has ${files.length} files, more than ${FILES_MAX}`] : [];
	const taken = new Map<string, string>();
	for (const { path, kind, why } of [...files].sort((a, b) => comparePaths(a.path, b.path))) {
		if (parseReleasePath(path) === undefined || path.includes('\uFFFD'))
			faults.push(`${shown(path)}: is not a path that a release may have`);
		if (kind === 'other') faults.push(`${shown(path)}: ${why}`);
		const folded = path.normalize('NFC').toLowerCase();
		if (folded === MANIFEST_NAME)
			faults.push(`${shown(path)}: is the name of the manifest, which lists a release and is not in it`);
		const other = taken.get(folded);
		if (other !== undefined)
			faults.push(`${shown(path)}: is the same as ${shown(other)} on systems that fold case or accents`);
		const above = parentsOf(folded).find((parent) => taken.has(parent));
		if (above !== undefined)
			faults.push(`${shown(path)}: lies below ${shown(taken.get(above) ?? above)}, which is no directory`);
		taken.set(folded, path);
	}
	return faults;
}

function faultsOfLink({ path, kind, size }: TreeFile, target: Buffer | undefined): readonly string[] {
	const place = parseReleasePath(path);
	if (kind !== 'link' || place === undefined) return [];
	const text = target?.toString('utf8') ?? '';
	if (size <= LINK_MAX && linkStaysInside(place, text)) return [];
	return [`${shown(path)}: is a link that leads out of the release, to ${shown(text)}`];
}

function judgeInfo(
	tag: Tag | undefined,
	bytes: Buffer | undefined,
	there: boolean,
): { info: InfoJson | undefined; faults: readonly string[] } {
	if (!there) return { info: undefined, faults: ['info.json: is missing'] };
	if (bytes === undefined)
		return { info: undefined, faults: [`info.json: holds more than ${INFO_MAX_BYTES} bytes`] };
	try {
		const info = parseInfo(bytes, 'the release');
		if (info.raw['version'] !== info.version)
			return { info, faults: [`info.json: its version is to be spelt ${info.version}`] };
		if (tag === undefined || versionOfTag(tag) === info.version) return { info, faults: [] };
		return { info, faults: [`info.json: says version ${info.version}, the tag is ${tag}`] };
	} catch (thrown) {
		return { info: undefined, faults: [`info.json: ${recordOf(thrown).message}`] };
	}
}

function judgeTerms(
	bytes: Buffer | undefined,
	there: boolean,
): { terms: ReleaseTerms; faults: readonly string[] } {
	if (!there) return { terms: DEFAULT_TERMS, faults: [] };
	if (bytes === undefined)
		return { terms: DEFAULT_TERMS, faults: [`${TERMS}: holds more than ${RELEASE_TERMS_MAX_BYTES} bytes`] };
	try {
		return { terms: parseReleaseTerms(bytes), faults: [] };
	} catch (thrown) {
		const { why } = recordOf(thrown).facts;
		return {
			terms: DEFAULT_TERMS,
			faults: (Array.isArray(why) ? why : [recordOf(thrown).message]).map((one) => `${TERMS}: ${one}`),
		};
	}
}

function faultsOfHooks(hooks: readonly TreeFile[], contents: ReadonlyMap<string, Buffer>): readonly string[] {
	if (hooks.length === 0) return [`${SCRIPTS}: has no hook NN-run.sh, so nothing would install the release`];
	return hooks.flatMap((hook) =>
		faultOfHook(hook, contents.get(hook.path)).map((why) => `${hook.path}: ${why}`),
	);
}

function faultOfHook({ path, kind, mode }: TreeFile, bytes: Buffer | undefined): readonly string[] {
	if (kind !== 'file') return ['is not a plain file'];
	const faults = mode === 0o755 ? [] : ['is not executable (git update-index --chmod=+x)'];
	if (parseHookName(path.slice(SCRIPTS.length)) === undefined)
		faults.push('its name is not NN-run.sh: letters, digits, . _ and -');
	if (bytes === undefined) return [...faults, `holds more than ${HOOK_MAX_BYTES} bytes`];
	const head = readHookHead(bytes);
	return head.kind === 'fault' ? [...faults, head.why] : faults;
}

function warningsOfNames(names: ReadonlySet<string>): readonly string[] {
	const odd = [...names]
		.filter((path) => path.startsWith('events/signals/') || path.startsWith('statuses/'))
		.filter((path) => !path.endsWith('/.gitkeep'));
	return [
		...odd.slice(0, 5).map((path) => `${shown(path)}: belongs to the box, not to a release`),
		...(names.has(`${SCRIPTS}rollback.sh`)
			? []
			: [`${SCRIPTS}rollback.sh: is missing: after a rollback nothing would start the restored release`]),
	];
}

function warningsOfVersions(
	info: InfoJson | undefined,
	{ minimumSafeVersion }: ReleaseTerms,
): readonly string[] {
	if (info === undefined) return [];
	const lowest = lowestOf(info.requires);
	return [
		...(minimumSafeVersion !== null && isNewer(minimumSafeVersion, info.version)
			? [`${TERMS}: minimumSafeVersion ${minimumSafeVersion} is newer than the release itself`]
			: []),
		...(lowest !== undefined && isNewer(lowest, info.version)
			? [`info.json: requires ${info.requires}, which is newer than the release itself`]
			: []),
	];
}

function parentsOf(path: string): readonly string[] {
	const parts = path.split('/');
	return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function shown(path: string): string {
	return JSON.stringify(path.slice(0, 200)).slice(1, -1);
}
