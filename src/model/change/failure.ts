/**
 * A release that failed on this box. It is remembered, so that it is not taken again by itself the next hour.
 */
import { type ErrorCode, isErrorCode } from '../base/error-codes.ts';
import { type FileFormat, objectFormat } from '../base/file-format.ts';
import { asObject, type Json } from '../base/json.ts';
import { parseTag, type Tag } from '../release/tag.ts';
import { parseVersion, type Version } from '../release/version.ts';

export interface Failure {
	readonly tag: Tag;
	readonly version: Version;
	/** The release that was installed when it failed. */
	readonly from: Version;
	/** The last change that failed with it. */
	readonly change: string;
	/** When it failed last, in milliseconds since 1970; the wall clock may have been wrong then. */
	readonly at: number;
	/** How often it failed: the wait doubles with each. */
	readonly times: number;
	/** How often it was tried again before its wait was over, since it was last tried by itself. */
	readonly retried: number;
	/** `release`: its own doing; `chance`: a cut or the machine, as far as one can tell from a single time. */
	readonly blame: 'release' | 'chance';
	readonly cause: { readonly code: ErrorCode; readonly message: string };
}

/** `failures.json`. Entries that make no sense are left out. */
export const FAILURES_FILE: FileFormat<readonly Failure[]> = objectFormat(256 * 1024, ({ failures }) =>
	Array.isArray(failures) ? failures.map(failureOf).filter((one) => one !== undefined) : undefined,
);

function failureOf(value: Json): Failure | undefined {
	const raw = asObject(value) ?? {};
	const cause = asObject(raw['cause']) ?? {};
	const tag = parseTag(raw['tag']);
	const version = parseVersion(raw['version']);
	const from = parseVersion(raw['from']);
	const at = raw['at'];
	if (tag === undefined || version === undefined || from === undefined || !isCount(at)) return undefined;
	return {
		tag,
		version,
		from,
		change: typeof raw['change'] === 'string' ? raw['change'] : '',
		at,
		times: isCount(raw['times']) ? Math.max(1, raw['times']) : 1,
		retried: isCount(raw['retried']) ? raw['retried'] : 0,
		blame: raw['blame'] === 'chance' ? 'chance' : 'release',
		cause: {
			code: isErrorCode(cause['code']) ? cause['code'] : 'internal',
			message: typeof cause['message'] === 'string' ? cause['message'] : '',
		},
	};
}

/** A whole number that a Date can be made of. */
function isCount(value: Json | undefined): value is number {
	return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 8.64e15;
}
