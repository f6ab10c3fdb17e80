/**
 * Rules for TUF metadata beyond those of tuf-js 6, even for valid signatures (docs/decisions/0016-tuf.md
 * lists each with its reason). They run before any signature is verified, so they also prevent a mirror from
 * keeping the client busy for minutes.
 */
import { problem } from '../../model/base/error.ts';
import { asObject, decodeText, type JsonObject } from '../../model/base/json.ts';
import { quoted, TUF_LIMITS, type TufPolicy } from '../../model/publication/tuf.ts';
import type { Verified } from '../verified.ts';
import { delegationsRefusal, firstOf, rolesRefusal, shown, tooMany } from './roles.ts';
import { isTargetPath, strongHashes, verifyTarget } from './target.ts';

export const tufPolicy: TufPolicy<Verified<Uint8Array>> = { metadata: checkMetadata, target: verifyTarget };

/** Throws `metadata-refused` if the metadata breaks a rule, even if its signatures are valid. */
export function checkMetadata(name: string, bytes: Uint8Array): void {
	const refusal = refusalOf(bytes);
	if (refusal === undefined) return;
	const why = quoted(refusal);
	throw problem(
		'metadata-refused',
		`cannot trust ${name}: ${why}`,
		'the source is damaged or forged, or its publisher made a mistake: ask the publisher',
		{ retry: 'later', facts: { document: name, why } },
	);
}

function refusalOf(bytes: Uint8Array): string | undefined {
	const text = decodeText(bytes);
	if (text === undefined) return 'it is not UTF-8';
	const json = parseStrictly(text);
	if (json.kind === 'refused') return json.why;
	const signed = asObject(asObject(json.value)?.['signed']);
	if (signed === undefined) return 'it holds nothing signed';
	return expiryRefusal(signed['expires']) ?? versionRefusal(signed['version']) ?? contentRefusal(signed);
}

/** tuf-js reads `__proto__` as an ordinary key and looks names up in objects that have a prototype. */
function parseStrictly(
	text: string,
): { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'refused'; readonly why: string } {
	let hasPrototype = false;
	try {
		const value: unknown = JSON.parse(text, (key, inner: unknown) => {
			hasPrototype ||= key === '__proto__';
			return inner;
		});
		return hasPrototype ? { kind: 'refused', why: 'it has a key __proto__' } : { kind: 'json', value };
	} catch (thrown) {
		return {
			kind: 'refused',
			why: `it is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
		};
	}
}

function contentRefusal(signed: JsonObject): string | undefined {
	switch (signed['_type']) {
		case 'root':
			return rolesRefusal(signed);
		case 'timestamp':
			return metaRefusal(signed['meta'], TUF_LIMITS.snapshot);
		case 'snapshot':
			return metaRefusal(signed['meta'], TUF_LIMITS.targets);
		case 'targets':
			return targetsRefusal(signed['targets']) ?? delegationsRefusal(signed['delegations']);
		default:
			return `its type is ${shown(signed['_type'])}`;
	}
}

/**
 * The only accepted form of an expiry date (TUF §4.2.1). Clients parse other forms differently, or as never
 * expiring.
 */
function expiryRefusal(expires: unknown): string | undefined {
	const shape = typeof expires === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expires);
	const time = shape ? new Date(expires) : undefined;
	// Date parsing would turn 2026-02-30 into 2026-03-02.
	const isReal =
		time !== undefined &&
		!Number.isNaN(time.getTime()) &&
		time.toISOString() === `${String(expires).slice(0, -1)}.000Z`;
	return isReal ? undefined : `its expiry is ${shown(expires)}, not a time like 2027-01-31T12:00:00Z`;
}

function versionRefusal(version: unknown): string | undefined {
	return Number.isSafeInteger(version) && Number(version) >= 1
		? undefined
		: `its version is ${shown(version)}`;
}

function metaRefusal(meta: unknown, longest: number): string | undefined {
	const entries = Object.entries(asObject(meta) ?? {});
	return (
		tooMany('files', entries.length) ??
		firstOf(entries, ([file, value]) => fileRefusal(file, asObject(value) ?? {}, longest))
	);
}

function fileRefusal(
	file: string,
	{ version, length, hashes }: JsonObject,
	longest: number,
): string | undefined {
	if (versionRefusal(version) !== undefined) return `the version of ${file} is ${shown(version)}`;
	if (length !== undefined && !isLength(length, longest))
		return `the length of ${file} is ${shown(length)}, at most ${longest}`;
	if (hashes !== undefined && strongHashes(asObject(hashes) ?? {}) === undefined)
		return `${file} has neither a sha256 nor a sha512`;
	return undefined;
}

function targetsRefusal(targets: unknown): string | undefined {
	const entries = Object.entries(asObject(targets) ?? {});
	return (
		tooMany('targets', entries.length) ??
		firstOf(entries, ([path, value]) => targetRefusal(path, asObject(value) ?? {}))
	);
}

function targetRefusal(path: string, { length, hashes }: JsonObject): string | undefined {
	if (!isTargetPath(path)) return `${shown(path)} is no name of a target`;
	if (!isLength(length, Number.MAX_SAFE_INTEGER)) return `the length of ${path} is ${shown(length)}`;
	return strongHashes(asObject(hashes) ?? {}) === undefined
		? `${path} has neither a sha256 nor a sha512`
		: undefined;
}

function isLength(value: unknown, longest: number): boolean {
	return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= longest;
}
