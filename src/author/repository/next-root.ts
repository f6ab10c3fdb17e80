/** The next root: the previous keys and thresholds with the requested changes. */
import { usage } from '../../terminal/subcommand.ts';
import type { KeyRole, NamedKey } from '../keys/first-root.ts';
import type { PublicKey } from '../keys/public-key.ts';
import {
	type KeyId,
	keyIdOf,
	makeRoot,
	type Role,
	type RoleFile,
	type RootContents,
} from '../tuf-metadata.ts';

export interface RootChange {
	readonly role: KeyRole;
	readonly add: readonly NamedKey[];
	/** A key, or a prefix of its id. */
	readonly remove: readonly (PublicKey | string)[];
	/** Undefined: the previous threshold, at most the number of keys. */
	readonly threshold: number | undefined;
}

export interface NextRoot {
	readonly file: RoleFile<RootContents>;
	/** `others`: the targets must be signed again. */
	readonly targets: 'same' | 'others';
}

/** Returns the unsigned root after `before`. Throws `usage` for contradictory changes. */
export function nextRoot(
	before: RoleFile<RootContents>,
	changes: readonly RootChange[],
	expires: number,
): NextRoot {
	const { version, roles, keys } = before.contents;
	const of = (role: KeyRole) => {
		const change = changes.find((one) => one.role === role);
		const now = roles[role === 'online' ? 'timestamp' : role];
		return change === undefined ? now : changed(now, change);
	};
	const next = { root: of('root'), targets: of('targets'), snapshot: of('online'), timestamp: of('online') };
	const known = new Map([
		...keys,
		...changes.flatMap(({ add }) => add.map(({ key }) => [keyIdOf(key), key] as const)),
	]);
	const used = new Set(Object.values(next).flatMap(({ keyIds }) => keyIds));
	const file = makeRoot({
		version: version + 1,
		expires,
		keys: new Map([...known].filter(([id]) => used.has(id))),
		roles: next,
	});
	return { file, targets: sameRole(roles.targets, next.targets) ? 'same' : 'others' };
}

function changed(now: Role, { role, add, remove, threshold }: RootChange): Role {
	const gone = remove.flatMap((one) => matching(now, one, role));
	const fresh = add.map(({ key }) => keyIdOf(key)).filter((id) => !now.keyIds.includes(id));
	const keyIds = [...now.keyIds.filter((id) => !gone.includes(id)), ...new Set(fresh)];
	const wanted = threshold ?? now.threshold;
	if (wanted > keyIds.length)
		throw usage(
			`cannot ask for ${wanted} ${role} keys: there would be ${keyIds.length}`,
			`add keys with --add-${role}${role === 'online' ? '' : `, or lower --${role}-threshold`}`,
		);
	return { keyIds, threshold: wanted };
}

function matching({ keyIds }: Role, wanted: PublicKey | string, role: KeyRole): readonly KeyId[] {
	const found = keyIds.filter((id) =>
		typeof wanted === 'string' ? id.startsWith(wanted) : id === keyIdOf(wanted),
	);
	if (found.length === 1) return found;
	const name = typeof wanted === 'string' ? wanted : keyIdOf(wanted).slice(0, 16);
	throw usage(
		`cannot remove the ${role} key ${name}: ${found.length === 0 ? 'the root does not name it' : 'more than one begins so'}`,
		`its keys are ${keyIds.map((id) => id.slice(0, 16)).join(' ')}`,
	);
}

/** Existing signatures stay valid if the threshold is unchanged and no key was removed. */
function sameRole(before: Role, after: Role): boolean {
	return before.threshold === after.threshold && before.keyIds.every((id) => after.keyIds.includes(id));
}
