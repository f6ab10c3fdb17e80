/** Compares the signatures of a draft with the required thresholds. */
import { problem } from '../../model/base/error.ts';
import {
	type KeyId,
	type RoleFile,
	type RoleName,
	type RootContents,
	validSigners,
} from '../tuf-metadata.ts';
import type { Draft } from './draft.ts';

/** Signatures of a metadata file: how many a TUF root requires, and which are present. */
export interface Standing {
	readonly role: RoleName;
	readonly version: number;
	/** The root that requires them: a new root must satisfy the old one too. */
	readonly rule: 'the root' | 'the root before';
	readonly signed: readonly KeyId[];
	readonly threshold: number;
	readonly keys: readonly KeyId[];
}

export type AnyRoleFile = RoleFile<{ readonly version: number }>;
type RootFile = RoleFile<RootContents>;

/** Returns the state of every signature that publishing the draft requires, except those by online keys. */
export function standingsOf({
	root,
	targets,
	base,
}: Pick<Draft, 'root' | 'targets' | 'base'>): readonly Standing[] {
	const current = root ?? base.root;
	return [
		...(root === undefined
			? []
			: [
					standing(root, root, 'the root'),
					...(base.root === undefined ? [] : [standing(root, base.root, 'the root before')]),
				]),
		...(targets === undefined || current === undefined ? [] : [standing(targets, current, 'the root')]),
	];
}

function standing(file: AnyRoleFile, root: RootFile, rule: Standing['rule']): Standing {
	const { threshold, keyIds } = root.contents.roles[file.role];
	return {
		role: file.role,
		version: file.contents.version,
		rule,
		signed: validSigners(file, root),
		threshold,
		keys: keyIds,
	};
}

export function isMet({ signed, threshold }: Standing): boolean {
	return threshold >= 1 && signed.length >= threshold;
}

/** Throws `signature-missing` unless every threshold is met. */
export function requireMet(standings: readonly Standing[]): void {
	const missing = standings.filter((one) => !isMet(one)).map(sentenceOf);
	if (missing.length === 0) return;
	throw problem(
		'signature-missing',
		`cannot publish: ${missing[0]}`,
		'signalbox release sign --key FILE, with one more of these keys',
		{
			facts: { missing: [...missing, ...standings.filter((one) => !isMet(one)).flatMap(stillToSign)] },
		},
	);
}

/** Formats one line: `targets 3: 1 of 2 signatures`. */
export function sentenceOf({ role, version, rule, signed, threshold }: Standing): string {
	return `${role} ${version}: ${signed.length} of ${threshold} signatures${rule === 'the root' ? '' : ` of ${rule}`}`;
}

function stillToSign({ keys, signed, role }: Standing): readonly string[] {
	return keys
		.filter((id) => !signed.includes(id))
		.map((id) => `${role} key ${id.slice(0, 16)} has not signed`);
}
