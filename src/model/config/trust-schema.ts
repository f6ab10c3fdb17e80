/** The table `[trust]` of the configuration: what is verified, and that no key of it stands there without effect. */
import * as z from 'zod';

const absolute = z.string().max(4096).regex(/^\//, 'is not an absolute path');

/** Returns whether `url` is one of a web server. */
export function isWebUrl(url: string): boolean {
	return /^https?:$/.test(URL.parse(url)?.protocol ?? '');
}

export const trust = z
	.strictObject({
		mode: z
			.enum(['tuf', 'minisign', 'ssh', 'unsigned'])
			.describe('how releases are verified; "unsigned" must be spelt out and is shown everywhere'),
		root: absolute
			.optional()
			.describe('mode "tuf": the factory root, a file of root’s that `signalbox init` pins'),
		keys: z
			.array(z.string().min(1).max(1000))
			.min(1)
			.optional()
			.describe(
				'modes "minisign" and "ssh": the public keys whose signatures count, as the tools print them',
			),
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
			.describe(
				'where manifests and signatures are read: a mirror or a directory; default: the source itself',
			),
		git_tags: z
			.strictObject({
				allowed_signers: absolute.describe(
					'whose SSH keys may sign tags, as ssh-keygen’s ALLOWED SIGNERS has it; a file of root’s',
				),
				revoked: absolute.describe(
					'keys that count no more, a KRL or one a line; it may be empty, and must be there',
				),
			})
			.optional()
			.describe('with source.kind = "git": a second lock, every release’s tag must be signed too'),
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

/** A key that does nothing in the chosen mode is a mistake about what is verified: it is refused, never passed over. */
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
		...surplus.map((key) => [key, `means nothing with trust.mode = "${mode}"`] as const),
		...missing.map((key) => [key, `is needed with trust.mode = "${mode}"`] as const),
		...(keys !== undefined && (threshold ?? 1) > keys.length
			? [['threshold', 'is more than there are keys'] as const]
			: []),
	];
}
