/** The trust options of `init`: whose signatures are accepted. */
import { join, resolve } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { asObject, decodeText, parseJson } from '../../../model/base/json.ts';
import type { TrustPolicy } from '../../../model/config/config.ts';
import { TUF_LIMITS } from '../../../model/publication/tuf.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { usage } from '../../../terminal/subcommand.ts';

/** The options; undefined where none was given. */
export interface GivenTrust {
	readonly trust: TrustPolicy['mode'] | undefined;
	readonly trustRoot: string | undefined;
	readonly trustKeys: readonly string[];
	readonly threshold: number | undefined;
}

export type TrustChoice =
	| { readonly mode: 'unsigned' }
	/** The caller writes `bytes` to `root`. */
	| { readonly mode: 'tuf'; readonly root: string; readonly bytes: Uint8Array }
	| { readonly mode: 'minisign' | 'ssh'; readonly keys: readonly string[]; readonly threshold: number };

/**
 * Returns the complete choice for a mode. A pinned root is beside the configuration, in `dir`. Throws `usage`
 * for options that are missing or do not fit the mode, and `trust-root-invalid` for a file that is no TUF
 * root.
 */
export function trustChoice(
	mode: TrustPolicy['mode'],
	given: GivenTrust,
	dir: string,
	cwd: string,
): TrustChoice {
	const { trustRoot, trustKeys, threshold } = given;
	if (mode !== 'tuf' && trustRoot !== undefined) throw means('--trust-root', 'tuf');
	if (mode !== 'minisign' && mode !== 'ssh' && (trustKeys.length > 0 || threshold !== undefined))
		throw means('--trust-key', 'minisign or ssh');
	switch (mode) {
		case 'unsigned':
			return { mode };
		case 'tuf':
			if (trustRoot === undefined)
				throw usage(
					'cannot verify with tuf: --trust-root is missing',
					'use --trust-root FILE, the root.json that the publisher gave you',
				);
			return { mode, root: join(dir, 'root.json'), bytes: readRoot(resolve(cwd, trustRoot)) };
		case 'minisign':
		case 'ssh':
			if (trustKeys.length === 0)
				throw usage(
					`cannot verify with ${mode}: --trust-key is missing`,
					'use --trust-key KEY, the public key of the publisher',
				);
			return { mode, keys: trustKeys, threshold: threshold ?? 1 };
	}
}

/** Checks only that it is a TUF root; the updater verifies its signatures at the first check. */
function readRoot(path: string): Uint8Array {
	const read = readSmall(path, TUF_LIMITS.root);
	if (read.kind !== 'file') {
		throw problem(
			'trust-root-invalid',
			`cannot pin ${path}: it is ${read.kind === 'irregular' ? read.why : read.kind}`,
			'name the root.json of the publisher',
			{
				facts: { path },
			},
		);
	}
	if (typeIn(read.bytes) === 'root') return read.bytes;
	throw problem(
		'trust-root-invalid',
		`cannot pin ${path}: it is no TUF root`,
		'name the root.json of the publisher',
		{ facts: { path } },
	);
}

function typeIn(bytes: Uint8Array): unknown {
	const parsed = parseJson(decodeText(bytes) ?? '');
	return parsed.kind === 'json' ? asObject(asObject(parsed.value)?.['signed'])?.['_type'] : undefined;
}

function means(option: string, modes: string): Error {
	return usage(
		`cannot use ${option}: it needs --trust ${modes}`,
		`use --trust ${modes}, or leave ${option} out`,
	);
}
