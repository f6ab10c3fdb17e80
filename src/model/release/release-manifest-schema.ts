/**
 * The schema of `signalbox-manifest.json`: types, limits and the meaning of each key.
 * `npm run schema` writes docs/schema/release-manifest.schema.json from it.
 */
import * as z from 'zod';
import { channelName, productName } from '../config/schema/fields.ts';
import { probeList } from '../config/schema/probes.ts';
import { PACKINGS } from '../publication/archive.ts';
import { parseHookName } from './hook-name.ts';
import { linkStaysInside, parseReleasePath, RELEASE_PATH_MAX, type Sha256 } from './manifest.ts';
import { parseTag } from './tag.ts';
import { parseRange, parseVersion, type Version } from './version.ts';

const FILES_MAX = 200_000;

/** A string that is read by one of the model's own parsers. */
function parsed<T>(parse: (text: string) => T | undefined, fault: string) {
	return z.string().transform((text, context): T => {
		const value = parse(text);
		if (value !== undefined) return value;
		context.addIssue({ code: 'custom', message: fault });
		return z.NEVER;
	});
}

/** Programs write manifests, so only the normal form of a version is accepted. */
function normalVersion(text: string): Version | undefined {
	const version = parseVersion(text);
	return version === text ? version : undefined;
}

const version = parsed(normalVersion, 'is not a version in its normal form');

const FILE_KEYS = ['mode', 'size', 'sha256'] as const;

const digest = z
	.string()
	.regex(/^[0-9a-f]{64}$/, 'is not 64 lower-case hexadecimal digits')
	.transform((text) => text as Sha256);

const entry = z
	.strictObject({
		path: parsed(parseReleasePath, 'is not a path inside a release').describe(
			'relative, "/" between its parts',
		),
		mode: z.enum(['0644', '0755']).optional().describe('of a file'),
		size: z.int().min(0).optional().describe('of a file: bytes'),
		sha256: digest.optional().describe('of a file: the digest of its contents'),
		target: z
			.string()
			.min(1)
			.max(RELEASE_PATH_MAX)
			.optional()
			.describe('of a link: a relative path that stays inside the release'),
	})
	.superRefine(({ path, target, ...of }, context) => {
		const given = FILE_KEYS.filter((key) => of[key] !== undefined);
		const isWhole = target === undefined ? given.length === FILE_KEYS.length : given.length === 0;
		if (!isWhole)
			context.addIssue({
				code: 'custom',
				message: 'is neither a file with mode, size and sha256 nor a link with target',
			});
		else if (target !== undefined && !linkStaysInside(path, target))
			context.addIssue({ code: 'custom', message: 'is a link that leads out of the release' });
	})
	.meta({
		oneOf: [
			{ required: FILE_KEYS, not: { required: ['target'] } },
			{ required: ['target'], not: { anyOf: FILE_KEYS.map((key) => ({ required: [key] })) } },
		],
	});

export type EntryTable = z.output<typeof entry>;

const archive = z.strictObject({
	packing: z.enum(PACKINGS).describe('the archive format, as a file name extension'),
	size: z.int().min(1).describe('size of the archive in bytes'),
	sha256: digest.describe('digest of the archive'),
});

const hardware = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}$/, 'is not a hardware name');

/** The file without its `x-` keys, which are for other tools. */
export const manifestFile = z
	.strictObject({
		schema: z.literal(1).describe('version of this file format'),
		product: productName.describe('the product; a box installs only releases of its own product'),
		tag: parsed(parseTag, 'is not a tag').describe('the name of the release, such as "v1.2.3"'),
		version: version.describe('the version in info.json; the tag must name the same version'),
		requires: parsed(parseRange, 'is not a range of versions').describe(
			'the versions on which the release may be installed',
		),
		channel: channelName.nullable().describe('the only channel that the release is for; null: every channel'),
		hardware: z
			.array(hardware)
			.min(1)
			.max(64)
			.nullable()
			.describe('the hardware names that the release is for; null: all hardware'),
		minimumSafeVersion: version
			.nullable()
			.describe('a box that has this release never goes below this version; null: every version is safe'),
		dataVersion: z.int().min(0).nullable().describe('number of the data format; null: not declared'),
		reboot: z.enum(['never', 'after-01']).describe('whether the machine restarts after hook 01'),
		probes: probeList.describe('the health checks of the release'),
		hooks: z
			.array(parsed(parseHookName, 'is not the name of a hook'))
			.max(100)
			.describe('every hook of scripts/update, in the order in which they run'),
		archive: archive
			.nullable()
			.default(null)
			.describe(
				'the archive that contains exactly the files; null or missing: files are published one by one',
			),
		files: z
			.array(entry)
			.min(1)
			.max(FILES_MAX)
			.describe('every file and link of the release, sorted by path in byte order'),
	})
	.meta({ title: 'Signalbox release manifest', patternProperties: { '^x-': {} } });

export type ManifestFile = z.output<typeof manifestFile>;
