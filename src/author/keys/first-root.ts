/** Plans the keys of the first root: new ones or existing ones. */
import { basename, resolve } from 'node:path';
import { usage } from '../../terminal/subcommand.ts';
import {
	addSignature,
	type KeyId,
	keyIdOf,
	makeRoot,
	type RoleFile,
	type RootContents,
} from '../tuf-metadata.ts';
import { readPublicKey } from './open-key.ts';
import type { PublicKey } from './public-key.ts';
import type { NewKey } from './secret-pem.ts';

/** `online`: the roles snapshot and timestamp, which do not decide a release's content. */
export const KEY_ROLES = ['root', 'targets', 'online'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface RolePlan {
	readonly role: KeyRole;
	readonly threshold: number;
	/** The names of the keys to make. */
	readonly made: readonly string[];
	readonly given: readonly NamedKey[];
}

export interface NamedKey {
	readonly name: string;
	readonly key: PublicKey;
}

const COUNTS: Readonly<Record<'usual' | 'small', Readonly<Record<KeyRole, number>>>> = {
	usual: { root: 3, targets: 2, online: 1 },
	small: { root: 1, targets: 1, online: 1 },
};

/**
 * Plans the keys of each role. Throws `usage` for a threshold above the number of keys, and `key-unusable`.
 */
export function keyRolesOf(
	team: 'usual' | 'small',
	existing: Readonly<Record<KeyRole, readonly string[]>>,
	thresholds: Readonly<Partial<Record<KeyRole, number>>>,
	cwd: string,
): readonly RolePlan[] {
	return KEY_ROLES.map((role) => {
		const given = existing[role].map((path) => ({
			name: basename(path),
			key: readPublicKey(resolve(cwd, path)),
		}));
		const made = given.length > 0 ? [] : newNames(role, COUNTS[team][role]);
		const count = new Set(given.map(({ key }) => key.hex)).size + made.length;
		if (count < given.length)
			throw usage(`cannot use one key twice for ${role}`, 'each key counts once: name different keys');
		const threshold = role === 'online' ? 1 : (thresholds[role] ?? Math.min(2, count));
		if (threshold > count)
			throw usage(
				`cannot ask for ${threshold} ${role} keys: there are ${count}`,
				'name more keys, or lower the threshold',
			);
		return { role, threshold, made, given };
	});
}

function newNames(role: KeyRole, count: number): readonly string[] {
	return count === 1 ? [role] : Array.from({ length: count }, (_, at) => `${role}-${at + 1}`);
}

export interface FirstRoot {
	readonly roles: readonly {
		readonly role: KeyRole;
		readonly threshold: number;
		readonly keys: readonly NamedKey[];
	}[];
	signedWith(keys: readonly NewKey[]): RoleFile<RootContents>;
}

/** Makes root version 1. */
export function firstRoot(
	plans: readonly RolePlan[],
	made: ReadonlyMap<string, NewKey>,
	expires: number,
): FirstRoot {
	const roles = plans.map(({ role, threshold, made: names, given }) => {
		const fresh = names.flatMap((name) =>
			made.has(name) ? [{ name, key: made.get(name)?.publicKey as PublicKey }] : [],
		);
		return { role, threshold, keys: [...given, ...fresh] };
	});
	const of = (wanted: KeyRole) => {
		const { threshold = 1, keys = [] } = roles.find(({ role }) => role === wanted) ?? {};
		return { threshold, keyIds: keys.map(({ key }) => keyIdOf(key)) };
	};
	const keys = new Map<KeyId, PublicKey>(
		roles.flatMap((role) => role.keys.map(({ key }) => [keyIdOf(key), key] as const)),
	);
	const contents = {
		version: 1,
		expires,
		keys,
		roles: { root: of('root'), targets: of('targets'), snapshot: of('online'), timestamp: of('online') },
	};
	return {
		roles,
		signedWith: (own) =>
			own.reduce(
				(root, { publicKey, sign }) => addSignature(root, keyIdOf(publicKey), sign),
				makeRoot(contents),
			),
	};
}
