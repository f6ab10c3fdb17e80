/** Rules for the thresholds, keys and delegations in TUF metadata. */
import { createPublicKey } from 'node:crypto';
import { hasControls } from '../../model/base/control-characters.ts';
import { asObject, type JsonObject } from '../../model/base/json.ts';

/**
 * tuf-js copies its whole table for each entry it reads: more entries would take minutes before any signature
 * is checked.
 */
export const MOST_ENTRIES = 2000;

/** Maximum length of a delegated role's name, percent-encoded, because it becomes a file name. */
const ROLE_NAME_MAX = 200;

/** Returns why the roles of a root are rejected, or undefined. */
export function rolesRefusal(signed: JsonObject): string | undefined {
	const keys = asObject(signed['keys']) ?? {};
	return (
		tooMany('keys', Object.keys(keys).length) ??
		firstOf(Object.entries(asObject(signed['roles']) ?? {}), ([role, value]) =>
			roleRefusal(role, asObject(value) ?? {}, keys),
		)
	);
}

/** Rejects a role in which fewer different keys than its threshold could satisfy it. */
function roleRefusal(role: string, value: JsonObject, keys: JsonObject): string | undefined {
	const { threshold, keyids } = value;
	if (!Number.isSafeInteger(threshold) || Number(threshold) < 1)
		return `the threshold of ${role} is ${shown(threshold)}`;
	const ids = Array.isArray(keyids) ? keyids.filter((id) => typeof id === 'string') : [];
	if (new Set(ids).size !== ids.length) return `${role} names a key twice`;
	const named = ids.flatMap((id) => (Object.hasOwn(keys, id) ? [identityOf(asObject(keys[id]) ?? {})] : []));
	return new Set(named).size === named.length
		? undefined
		: `${role} has one key under two names, which would count twice`;
}

const ED25519_DER = '302a300506032b6570032100';

/** Returns a canonical form: equal for equal public keys, however they are encoded. */
function identityOf(key: JsonObject): string {
	const value = asObject(key['keyval'])?.['public'];
	const text = typeof value === 'string' ? value.trim() : '';
	if (!text.startsWith('-----BEGIN'))
		return key['keytype'] === 'ed25519' ? ED25519_DER + text.toLowerCase() : text.toLowerCase();
	try {
		return createPublicKey(text).export({ format: 'der', type: 'spki' }).toString('hex');
	} catch {
		// Not a valid key: no signature will verify with it.
		return text;
	}
}

/** Returns why the delegations of a targets role are rejected, or undefined. */
export function delegationsRefusal(value: unknown): string | undefined {
	if (value === undefined) return undefined;
	const { keys, roles, succinct_roles: succinct } = asObject(value) ?? {};
	const known = asObject(keys) ?? {};
	const listed = Array.isArray(roles) ? roles.map((role) => asObject(role) ?? {}) : [];
	if (roles !== undefined && succinct !== undefined) return 'it delegates by names and by bins at once';
	if (new Set(listed.map(({ name }) => name)).size !== listed.length) return 'it delegates to one name twice';
	return (
		tooMany('keys', Object.keys(known).length) ??
		tooMany('delegations', listed.length) ??
		firstOf(listed, (role) => delegationRefusal(role, known)) ??
		(succinct === undefined ? undefined : binsRefusal(asObject(succinct) ?? {}, known))
	);
}

function delegationRefusal(role: JsonObject, keys: JsonObject): string | undefined {
	const { name, paths, path_hash_prefixes: prefixes } = role;
	if (typeof name !== 'string' || !isRoleName(name)) return `${shown(name)} is no name of a role`;
	const bad = Array.isArray(paths) ? paths.find((pattern) => !isPathPattern(pattern)) : undefined;
	if (bad !== undefined) return `${name} is delegated ${shown(bad)}, which is no pattern of TUF`;
	const odd = Array.isArray(prefixes)
		? prefixes.find((prefix) => typeof prefix !== 'string' || !/^[0-9a-f]{0,64}$/.test(prefix))
		: undefined;
	if (odd !== undefined) return `${name} is delegated the hash prefix ${shown(odd)}`;
	return roleRefusal(name, role, keys);
}

function binsRefusal(bins: JsonObject, keys: JsonObject): string | undefined {
	const { name_prefix: prefix, bit_length: bits } = bins;
	if (typeof prefix !== 'string' || !isRoleName(`${prefix}-00000000`))
		return `${shown(prefix)} names no bins`;
	if (!Number.isSafeInteger(bits)) return `the number of bits of its bins is ${shown(bits)}`;
	return roleRefusal(`the bins ${prefix}`, bins, keys);
}

/** Role names become object keys and file names, so names with a special meaning there are rejected. */
function isRoleName(name: string): boolean {
	if (name === '' || name in {} || hasControls(name) || !name.isWellFormed()) return false;
	return encodeURIComponent(name).length <= ROLE_NAME_MAX;
}

/**
 * Only TUF's own wildcards `*` and `?`. minimatch's extensions (braces, negation, comments, groups) would
 * delegate paths that the author did not intend.
 */
function isPathPattern(pattern: unknown): boolean {
	return typeof pattern === 'string' && pattern.length <= 1024 && !/[{}()\\]|(^|\/)[!#]/.test(pattern);
}

/** Returns the rejection for more entries than the limit. */
export function tooMany(what: string, count: number): string | undefined {
	return count > MOST_ENTRIES ? `it has ${count} ${what}, at most ${MOST_ENTRIES}` : undefined;
}

/** Returns the first rejection among the items, or undefined. */
export function firstOf<T>(
	items: readonly T[],
	refusal: (item: T) => string | undefined,
): string | undefined {
	for (const item of items) {
		const why = refusal(item);
		if (why !== undefined) return why;
	}
	return undefined;
}

/** Makes an untrusted value safe to show in a message. */
export function shown(value: unknown): string {
	return (JSON.stringify(value) ?? 'missing').slice(0, 100);
}
