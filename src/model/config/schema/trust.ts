/** Schema of the configuration's `[trust]` table. It rejects keys that have no effect in the chosen mode. */
import * as z from 'zod';

const absolute = z.string().max(4096).regex(/^\//, 'is not an absolute path');

/** Returns whether `url` is an http or https URL. */
export function isWebUrl(url: string): boolean {
	return /^https?:$/.test(URL.parse(url)?.protocol ?? '');
}

export const trust = z
	.strictObject({
		mode: z
			.enum(['tuf', 'minisign', 'ssh', 'unsigned'])
			.describe('how releases are verified; "unsigned" must be set explicitly and is always shown'),
		root: absolute
			.optional()
			.describe(
				'mode "tuf": the file of the pinned root metadata, owned by root; `signalbox init` writes it',
			),
		keys: z
			.array(z.string().min(1).max(1000))
			.min(1)
			.optional()
			.describe('modes "minisign" and "ssh": the pinned public keys, in the form that the tools print'),
		threshold: z
			.int()
			.min(1)
			.max(100)
			.optional()
			.describe('modes "minisign" and "ssh": how many of the keys must have signed; default: 1'),
		metadata: z
			.string()
			.max(4096)
			.refine(
				(value) => value.startsWith('/') || isWebUrl(value),
				'is neither an http:// or https:// URL nor an absolute path',
			)
			.optional()
			.describe('URL or directory of manifests and signatures, such as a mirror; default: the source itself'),
		git_tags: z
			.strictObject({
				allowed_signers: absolute.describe(
					'file of the SSH keys that may sign tags, in ssh-keygen’s ALLOWED SIGNERS format; owned by root',
				),
				revoked: absolute.describe(
					'file of revoked keys, a KRL or one key per line; it may be empty but must exist',
				),
			})
			.optional()
			.describe('with source.kind = "git": an additional check; the tag of every release must be signed too'),
	})
	.superRefine((table, context) => {
		for (const [key, message] of trustMisfits(table))
			context.addIssue({ code: 'custom', path: [key], message });
	});

interface TrustTable {
	readonly mode: 'tuf' | 'minisign' | 'ssh' | 'unsigned';
	readonly root?: string | undefined;
	readonly keys?: readonly string[] | undefined;
	readonly threshold?: number | undefined;
	readonly metadata?: string | undefined;
}

/**
 * A key without effect suggests a wrong belief about what is verified, so it is refused instead of ignored.
 */
const KEYS_OF_MODE: Readonly<Record<TrustTable['mode'], readonly (keyof TrustTable)[]>> = {
	tuf: ['root', 'metadata'],
	minisign: ['keys', 'threshold', 'metadata'],
	ssh: ['keys', 'threshold', 'metadata'],
	unsigned: [],
};

const NEEDED_BY_MODE: Readonly<Record<TrustTable['mode'], readonly (keyof TrustTable)[]>> = {
	tuf: ['root'],
	minisign: ['keys'],
	ssh: ['keys'],
	unsigned: [],
};

function trustMisfits(table: TrustTable): readonly (readonly [string, string])[] {
	const { mode, keys, threshold } = table;
	const given = (['root', 'keys', 'threshold', 'metadata'] as const).filter(
		(key) => table[key] !== undefined,
	);
	const surplus = given.filter((key) => !KEYS_OF_MODE[mode].includes(key));
	const missing = NEEDED_BY_MODE[mode].filter((key) => table[key] === undefined);
	return [
		...surplus.map((key) => [key, `has no effect with trust.mode = "${mode}"`] as const),
		...missing.map((key) => [key, `is needed with trust.mode = "${mode}"`] as const),
		...(keys !== undefined && (threshold ?? 1) > keys.length
			? [['threshold', 'is greater than the number of keys'] as const]
			: []),
	];
}
