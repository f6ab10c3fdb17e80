/** What `signalbox init` asks of the program `setup`, and its answer: JSON on standard input and output. */
import { type ErrorRecord, problem } from '../base/error.ts';
import { parseErrorRecord } from '../base/error-record.ts';
import { asObject, type Json, type JsonObject } from '../base/json.ts';
import { requireAccountName } from './account-name.ts';

/** The accounts of a root that belongs to root. They are created if they are missing. */
export interface SetupAccounts {
	/** The group that may write signals and read statuses. */
	readonly group: string;
	/** The user of the fetcher, by name or number. */
	readonly fetcher: string | number;
	/** `shared`: older managers write in `statuses/` themselves. */
	readonly statuses: 'shared' | 'ours';
}

export interface SetupRequest {
	/** Absolute path of the root. */
	readonly root: string;
	/** Absolute path of the state directory. */
	readonly state: string;
	/** Null: the caller is an ordinary user, to whom everything belongs. */
	readonly accounts: SetupAccounts | null;
}

/** An account that setup created. */
export interface MadeAccount {
	readonly kind: 'group' | 'user';
	readonly name: string;
	/** Its gid or uid. */
	readonly id: number;
}

export interface Prepared {
	readonly path: string;
	/** `set`: it existed, and its owner or mode was changed. */
	readonly what: 'made' | 'set' | 'kept';
}

export interface SetupAnswer {
	/** Also complete when a later part of the work failed. */
	readonly made: readonly MadeAccount[];
	/** Every directory and file of the root, or why it could not be prepared. */
	readonly result:
		| { readonly kind: 'prepared'; readonly entries: readonly Prepared[] }
		| { readonly kind: 'failed'; readonly error: ErrorRecord };
}

/**
 * Returns the request that `value` holds. Throws `usage`. Trust: the sender is another process and is not
 * trusted.
 */
export function parseSetupRequest(value: unknown): SetupRequest {
	const { root, state, accounts } = asObject(value) ?? {};
	if (!isAbsolutePath(root) || !isAbsolutePath(state))
		throw unusable('root and state must be absolute paths');
	return { root, state, accounts: accounts === null ? null : parseAccounts(accounts) };
}

function isAbsolutePath(value: Json | undefined): value is string {
	return typeof value === 'string' && value.startsWith('/') && !value.includes('\0');
}

function parseAccounts(value: Json | undefined): SetupAccounts {
	const { group, fetcher, statuses } = asObject(value) ?? {};
	if (typeof group !== 'string') throw unusable('the group has no name');
	requireAccountName(group, 'group');
	if (typeof fetcher === 'string') requireAccountName(fetcher, 'user');
	else if (!isId(fetcher)) throw unusable('the fetcher is neither a name nor a uid');
	if (statuses !== 'shared' && statuses !== 'ours') throw unusable('statuses must be shared or ours');
	return { group, fetcher, statuses };
}

function isId(value: Json | undefined): value is number {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 32 - 1;
}

function unusable(why: string): Error {
	return problem('usage', `cannot set up a root: ${why}`, 'run signalbox init, which writes the request');
}

/** Returns the answer that `value` holds, or undefined when it holds none. */
export function parseSetupAnswer(value: unknown): SetupAnswer | undefined {
	const { made, result } = asObject(value) ?? {};
	const { kind, entries, error } = asObject(result) ?? {};
	const accounts = allOf(made, parseMade);
	if (accounts === undefined) return undefined;
	if (kind === 'failed') {
		const record = parseErrorRecord(error);
		return record === null ? undefined : { made: accounts, result: { kind, error: record } };
	}
	const prepared = allOf(entries, parsePrepared);
	if (kind !== 'prepared' || prepared === undefined) return undefined;
	return { made: accounts, result: { kind, entries: prepared } };
}

/** Returns every parsed element, or undefined when `value` is no array or one element is not as expected. */
function allOf<T>(
	value: Json | undefined,
	parse: (element: JsonObject) => T | undefined,
): readonly T[] | undefined {
	if (!Array.isArray(value)) return undefined;
	const parsed = value.map((element) => parse(asObject(element) ?? {}));
	const present = parsed.filter((element) => element !== undefined);
	return present.length === parsed.length ? present : undefined;
}

function parseMade({ kind, name, id }: JsonObject): MadeAccount | undefined {
	if ((kind !== 'group' && kind !== 'user') || typeof name !== 'string' || !isId(id)) return undefined;
	return { kind, name, id };
}

function parsePrepared({ path, what }: JsonObject): Prepared | undefined {
	if (typeof path !== 'string' || (what !== 'made' && what !== 'set' && what !== 'kept')) return undefined;
	return { path, what };
}
