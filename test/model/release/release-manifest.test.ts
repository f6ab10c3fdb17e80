/** signalbox-manifest.json: manifests survive a round trip; everything else is rejected with a reason. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src/model/base/error.ts';
import { parseProbes } from '../../../src/model/config/config.ts';
import { PACKINGS } from '../../../src/model/publication/archive.ts';
import type { HookName } from '../../../src/model/release/hook-name.ts';
import type { ManifestEntry, ReleasePath, Sha256 } from '../../../src/model/release/manifest.ts';
import {
	MANIFEST_LIMITS,
	parseReleaseManifest,
	type ReleaseManifest,
	writeReleaseManifest,
} from '../../../src/model/release/release-manifest.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import { parseReleaseTerms } from '../../../src/model/release/terms-file.ts';
import type { Version, VersionRange } from '../../../src/model/release/version.ts';
import { rounds } from '../../fuzz.ts';

const SHA = 'ab'.repeat(32);
const file = (path: string, mode = '0644') => ({ path, mode, size: 12, sha256: SHA });

const PLAIN = {
	schema: 1,
	product: 'citadel',
	tag: 'v1.2.3',
	version: '1.2.3',
	requires: '>=1.1.0',
	channel: null,
	hardware: null,
	minimumSafeVersion: null,
	dataVersion: null,
	reboot: 'never',
	probes: [],
	hooks: ['00-run.sh', '01-run.sh'],
	files: [
		file('info.json'),
		file('scripts/update/00-run.sh', '0755'),
		file('scripts/update/01-run.sh', '0755'),
	],
} as const;

const read = (value: unknown) =>
	parseReleaseManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

function refusal(bytes: Uint8Array): string {
	try {
		parseReleaseManifest(bytes);
	} catch (thrown) {
		if (thrown instanceof Problem && thrown.record.code === 'manifest-unreadable') return thrown.message;
		throw thrown;
	}
	return '';
}

describe('reading', () => {
	test('reads a plain manifest', () => {
		expect(read(PLAIN)).toEqual({
			product: 'citadel',
			tag: 'v1.2.3',
			version: '1.2.3',
			requires: '>=1.1.0',
			channel: null,
			hardware: null,
			terms: { reboot: 'never', probes: [], minimumSafeVersion: null, dataVersion: null },
			hooks: ['00-run.sh', '01-run.sh'],
			archive: null,
			files: [
				{ kind: 'file', path: 'info.json', mode: 0o644, size: 12, sha256: SHA },
				{ kind: 'file', path: 'scripts/update/00-run.sh', mode: 0o755, size: 12, sha256: SHA },
				{ kind: 'file', path: 'scripts/update/01-run.sh', mode: 0o755, size: 12, sha256: SHA },
			],
		});
	});

	test('reads the same terms as from .release.json', () => {
		const terms = {
			reboot: 'after-01',
			probes: [{ name: 'web', kind: 'http', url: 'http://127.0.0.1/', soak: '2m' }],
			minimumSafeVersion: '1.2.0',
			dataVersion: 3,
		};
		expect(read({ ...PLAIN, ...terms }).terms).toEqual(parseReleaseTerms(Buffer.from(JSON.stringify(terms))));
	});

	test.each<[string, object]>([
		['keys of other tools', { 'x-build': { of: [1, { deep: true }] }, 'x-': 1 }],
		['a channel and hardware', { channel: 'stable/eu', hardware: ['rpi4', 'x86_64'] }],
		['a tag without v', { tag: '1.2.3' }],
		['a tag with build metadata', { tag: 'v1.2.3+build.7' }],
		['an empty range', { requires: '' }],
		[
			'links',
			{
				files: [{ path: 'a', target: 'b/../c' }, ...PLAIN.files].map((one) =>
					one.path === 'a' ? { ...one, target: './b' } : one,
				),
			},
		],
		['an archive', { archive: { packing: 'tar.zst', size: 1, sha256: SHA } }],
		['an explicit null archive', { archive: null }],
		[
			'a release without hooks',
			{ hooks: [], files: [file('a'), file('scripts/update/deep/00-run.sh'), file('x/00-run.sh')] },
		],
		['similar names', { hooks: [], files: [file('a'), file('a-b'), file('a.b/c'), file('ab')] }],
	])('%s', (_what, change) => {
		expect(read({ ...PLAIN, ...change })).toMatchObject({ product: 'citadel', version: '1.2.3' });
	});
});

describe('rejecting', () => {
	const first = (change: object) => ({ hooks: [], files: [{ ...file('a'), ...change }] });
	const tree = (...files: object[]) => ({ hooks: [], files });
	const link = (path: string, target: string) => ({ path, target });

	test.each<[string, object, string]>([
		['another schema', { schema: 2 }, 'schema'],
		['a schema as a string', { schema: '1' }, 'schema'],
		['an unknown key', { signatures: [] }, 'signatures'],
		['a key of the object prototype', { toString: 1 }, 'toString'],
		['X- for x-', { 'X-build': 1 }, 'X-build'],
		['an upper-case product', { product: 'Citadel' }, 'product: is not a name'],
		['a product with a parent directory', { product: '../x' }, 'product'],
		['an empty product', { product: '' }, 'product'],
		['a tag that is an option', { tag: '--upload-pack=x' }, 'tag: is not a tag'],
		['a tag of another version', { tag: 'v1.2.4' }, 'its tag v1.2.4 and its version 1.2.3 are not the same'],
		['a tag as a number', { tag: 1 }, 'tag'],
		['a version with v', { version: 'v1.2.3' }, 'version: is not a version in its normal form'],
		['a version with a space', { version: '1.2.3 ' }, 'version: is not a version in its normal form'],
		['an invalid range', { requires: 'whatever' }, 'requires: is not a range'],
		['a range that is too long', { requires: `>=1.0.0${' '.repeat(300)}` }, 'requires'],
		['an empty channel', { channel: '' }, 'channel'],
		['a channel that is an option', { channel: '-x' }, 'channel: is not the name'],
		['an empty hardware list', { hardware: [] }, 'hardware'],
		['hardware as a string', { hardware: 'rpi4' }, 'hardware'],
		['a line end in a hardware name', { hardware: ['a\nb'] }, 'hardware.0'],
		['a range as minimum safe version', { minimumSafeVersion: '>=1' }, 'minimumSafeVersion'],
		['a fractional data version', { dataVersion: 1.5 }, 'dataVersion'],
		['a data version below 0', { dataVersion: -1 }, 'dataVersion'],
		['a data version above the safe integers', { dataVersion: 2 ** 53 }, 'dataVersion'],
		['a reboot after another hook', { reboot: 'after-02' }, 'reboot'],
		['a boolean reboot', { reboot: true }, 'reboot'],
		['a probe without a name', { probes: [{ command: ['true'] }] }, 'probes.0.name'],
		['a probe with an unknown key', { probes: [{ name: 'a', command: ['true'], 'x-more': 1 }] }, 'x-more'],
		['too many probes', { probes: Array(21).fill({ name: 'a', command: ['true'] }) }, 'probes'],
		['missing hooks', { hooks: ['00-run.sh'] }, 'hooks names 00-run.sh, the files are 00-run.sh, 01-run.sh'],
		['hooks in another order', { hooks: ['01-run.sh', '00-run.sh'] }, 'hooks names 01-run.sh, 00-run.sh'],
		['a hook twice', { hooks: ['00-run.sh', '00-run.sh', '01-run.sh'] }, 'hooks names'],
		['a hook without a file', { hooks: ['00-run.sh', '01-run.sh', '02-run.sh'] }, 'hooks names'],
		['a hook in another directory', { hooks: ['../00-run.sh'] }, 'hooks.0: is not the name of a hook'],
		[
			'a hook that is not executable',
			tree(file('scripts/update/00-run.sh')),
			'"scripts/update/00-run.sh" cannot be run',
		],
		['a hook that is a link', tree(link('scripts/update/00-run.sh', 'x')), 'cannot be run'],
		['a hook with an invalid name', tree(file('scripts/update/a b-run.sh', '0755')), 'cannot be run'],
		[
			'an archive of an unknown format',
			{ archive: { packing: 'zip', size: 1, sha256: SHA } },
			'archive.packing',
		],
		['an empty archive', { archive: { packing: 'tar', size: 0, sha256: SHA } }, 'archive.size'],
		[
			'an archive size above the safe integers',
			{ archive: { packing: 'tar', size: 2 ** 53, sha256: SHA } },
			'archive.size',
		],
		['an archive without a digest', { archive: { packing: 'tar', size: 1 } }, 'archive.sha256'],
		[
			'an archive with a URL',
			{ archive: { packing: 'tar', size: 1, sha256: SHA, url: 'http://127.0.0.1/' } },
			'url',
		],
		['an archive as a string', { archive: 'lamp.tar.gz' }, 'archive'],
		['no files', tree(), 'files'],
		['files as an object', { files: {} }, 'files'],
		['a path out of the release', first({ path: '../a' }), 'files.0.path: is not a path inside a release'],
		['an absolute path', first({ path: '/etc/passwd' }), 'files.0.path'],
		['a .git directory', first({ path: 'x/.git/config' }), 'files.0.path'],
		['a path with a line end', first({ path: 'a\nb' }), 'files.0.path'],
		['a path with a lone surrogate', first({ path: 'a\ud800' }), 'a lone surrogate'],
		['a mode with setuid', first({ mode: '4755' }), 'files.0.mode'],
		['a mode as a number', first({ mode: 420 }), 'files.0.mode'],
		['a size below 0', first({ size: -1 }), 'files.0.size'],
		['a fractional size', first({ size: 0.5 }), 'files.0.size'],
		['a size as a string', first({ size: '1' }), 'files.0.size'],
		['a size above the safe integers', first({ size: 2 ** 53 }), 'files.0.size'],
		['an upper-case digest', first({ sha256: SHA.toUpperCase() }), 'files.0.sha256'],
		['a short digest', first({ sha256: SHA.slice(32) }), 'files.0.sha256'],
		['a digest with a trailing line end', first({ sha256: `${SHA}\n` }), 'files.0.sha256'],
		['a file without a digest', first({ sha256: undefined }), 'files.0: is neither a file'],
		['a file that is also a link', first({ target: 'b' }), 'files.0: is neither a file'],
		['a link with a mode', tree({ ...link('a', 'b'), mode: '0755' }), 'files.0: is neither a file'],
		['an entry with only a path', tree({ path: 'a' }), 'files.0: is neither a file'],
		['an unknown key in an entry', first({ owner: 0 }), 'owner'],
		['an x- key in an entry', first({ 'x-owner': 0 }), 'x-owner'],
		['a link out of the release', tree(link('a/l', '../../x')), 'files.0: is a link that leads out'],
		['an absolute link', tree(link('l', '/etc/passwd')), 'files.0: is a link that leads out'],
		['an empty link', tree(link('l', '')), 'files.0.target'],
		['a duplicate path', tree(file('a'), file('a')), '"a" is listed twice'],
		['unsorted paths', tree(file('b'), file('a')), '"a" is not in byte order'],
		['paths in the order of JavaScript', tree(file('\u{1F600}'), file('\uFFFD')), 'is not in byte order'],
		['paths that differ only in case', tree(file('A/b'), file('a/B')), '"a/B" and "A/b" are the same file'],
		[
			'paths that differ only in Unicode normalization',
			tree(file('e\u0301'), file('\u00e9')),
			'are the same file',
		],
		['a file below a file', tree(file('a'), file('a/b')), '"a/b" lies below "a"'],
		[
			'a file deep below a link',
			tree(link('a', 'b'), file('a-b'), file('a/b/c/d')),
			'"a/b/c/d" lies below "a"',
		],
		['a file below a link of another case', tree(link('A', 'b'), file('a/b')), '"a/b" lies below "A"'],
		['a link below a link', tree(link('a', 'b'), link('a/b', 'c')), '"a/b" lies below "a"'],
		['the manifest itself', tree(file('signalbox-manifest.json')), 'which cannot list itself'],
		['the manifest itself in upper case', tree(file('Signalbox-Manifest.JSON')), 'which cannot list itself'],
		[
			'a sum of sizes above the safe integers',
			tree({ ...file('a'), size: 2 ** 53 - 1 }, file('b')),
			'the sum of the file sizes is too large',
		],
	])('%s', (_what, change, why) => {
		expect(refusal(Buffer.from(JSON.stringify({ ...PLAIN, ...change })))).toContain(why);
	});

	test.each(Object.keys(PLAIN))('rejects a manifest without %s', (key) => {
		const { [key]: _, ...rest } = PLAIN as Record<string, unknown>;
		expect(refusal(Buffer.from(JSON.stringify(rest)))).toContain(key);
	});

	const text = JSON.stringify(PLAIN);

	test.each<[string, string | Uint8Array, string]>([
		['an empty file', '', 'it is empty'],
		['an array', '[]', 'it is not an object'],
		['null', 'null', 'it is not an object'],
		['a truncated file', text.slice(0, 100), 'JSON'],
		['two documents', text + text, 'JSON'],
		['a byte order mark', `\uFEFF${text}`, 'byte order mark'],
		['Latin-1', Buffer.from(text.replace('citadel', 'citädel'), 'latin1'), 'it is not UTF-8'],
		['a duplicate key', text.replace('{', '{"tag":"v1.2.3",'), 'its key "tag" occurs twice'],
		[
			'a duplicate key in an entry',
			text.replace('"mode":', '"size":12,"mode":'),
			'its key "size" occurs twice',
		],
		['__proto__', text.replace('{', '{"__proto__":{"tag":"v9.9.9"},'), 'it has the key __proto__'],
		[
			'constructor in an ignored key',
			text.replace('{', '{"x-a":{"constructor":1},'),
			'it has the key constructor',
		],
		[
			'deep nesting in an ignored key',
			text.replace('{', `{"x-a":${'['.repeat(20)}${']'.repeat(20)},`),
			'it is nested deeper than 16',
		],
		['NaN', text.replace('"size":12', '"size":NaN'), 'JSON'],
		['an infinite number', text.replace('"size":12', '"size":1e999'), 'files.0.size'],
		['more than 16 MB', `${text}${' '.repeat(MANIFEST_LIMITS.bytes)}`, 'more than 16777216'],
		[
			'too many files',
			text.replace(/"files":\[.*\]/, `"files":[${Array(200_001).fill('{}').join()}]`),
			'files',
		],
	])('%s', (_what, bytes, why) => {
		expect(refusal(Buffer.from(bytes))).toContain(why);
	});

	test('lists at most 20 complaints in the facts', () => {
		const wrong = { ...PLAIN, product: 1, tag: 2, reboot: 3, files: Array(1000).fill({}) };
		expect(() => read(wrong)).toThrow(
			expect.objectContaining({
				record: expect.objectContaining({ facts: { why: expect.toSatisfy((why) => why.length === 20) } }),
			}),
		);
	});
});

const probes = parseProbes([
	{ name: 'a', command: ['./well.sh', '-x'], timeout: '1.5s', interval: '1ms', deadline: '24d' },
	{ name: 'b', kind: 'http', url: 'https://127.0.0.1/', body: 'well', status: 204, soak: '2h' },
	{ name: 'c', kind: 'http', url: 'http://127.0.0.1/' },
	{ name: 'd', kind: 'tcp', port: 1 },
	{ name: 'e', kind: 'tcp', port: 1, host: '::1' },
	{ name: 'f', kind: 'unit', unit: 'x.service' },
]);

const segment = fc.string({
	unit: fc.constantFrom('a', 'b', 'C', 'é', '😀', ' ', '-', '.x', '"'),
	minLength: 1,
	maxLength: 3,
});
const paths = fc.uniqueArray(
	fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
	{ minLength: 1, maxLength: 8, selector: (path) => path.toLowerCase() },
);

/** Arbitrary releases; a few have paths that collide. */
const manifests: fc.Arbitrary<ReleaseManifest> = fc.record({
	product: fc.constantFrom('citadel', 'x-1'),
	tag: fc.constant('v1.2.3-rc.1' as Tag),
	version: fc.constant('1.2.3-rc.1' as Version),
	requires: fc.constantFrom('', '*', '>=1.0.0 <2') as fc.Arbitrary<VersionRange>,
	channel: fc.constantFrom(null, 'main'),
	hardware: fc.constantFrom(null, ['rpi4']),
	terms: fc.record({
		reboot: fc.constantFrom('never', 'after-01'),
		probes: fc.constantFrom([], probes.kind === 'probes' ? probes.probes : []),
		minimumSafeVersion: fc.constantFrom(null, '1.0.0' as Version),
		dataVersion: fc.option(fc.nat()),
	}),
	hooks: fc.constant([] as readonly HookName[]),
	archive: fc.option(
		fc.record({
			packing: fc.constantFrom(...PACKINGS),
			size: fc.integer({ min: 1, max: 2 ** 45 }),
			sha256: fc.constant(SHA as Sha256),
		}),
	),
	files: paths.chain((all) =>
		fc.tuple(
			...all
				.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
				.map((path) => entryAt(path as ReleasePath)),
		),
	),
});

function entryAt(path: ReleasePath): fc.Arbitrary<ManifestEntry> {
	const mode = fc.constantFrom<(0o644 | 0o755)[]>(0o644, 0o755);
	const sha256 = fc.string({
		unit: fc.constantFrom('0', 'f'),
		minLength: 64,
		maxLength: 64,
	}) as fc.Arbitrary<string> as fc.Arbitrary<Sha256>;
	return fc.oneof(
		fc.record({
			kind: fc.constant('file' as const),
			path: fc.constant(path),
			mode,
			size: fc.integer({ min: 0, max: 2 ** 45 }),
			sha256,
		}),
		fc.record({
			kind: fc.constant('link' as const),
			path: fc.constant(path),
			target: fc.constantFrom('a', './b'),
		}),
	);
}

describe('writing', () => {
	test('survives a round trip and is deterministic', () => {
		let written = 0;
		fc.assert(
			fc.property(manifests, (manifest) => {
				const bytes = bytesOf(manifest);
				if (bytes === undefined) return;
				written += 1;
				expect(parseReleaseManifest(bytes)).toEqual(manifest);
				expect(bytesOf(structuredClone(manifest))).toEqual(bytes);
				expect(JSON.parse(new TextDecoder().decode(bytes)).files).toHaveLength(manifest.files.length);
			}),
			rounds(300),
		);
		expect(written).toBeGreaterThan(100);
	});

	test('has one file per line, for diffs', () => {
		const text = new TextDecoder().decode(writeReleaseManifest(read(PLAIN)));
		expect(text.split('\n').filter((line) => line.includes('"path"'))).toHaveLength(3);
		expect(text).toContain(
			'\n\t"hooks": ["00-run.sh","01-run.sh"],\n\t"files": [\n\t\t{"path":"info.json","mode":"0644","size":12,',
		);
	});

	test('omits a null archive, so that older boxes can read the manifest', () => {
		expect(new TextDecoder().decode(writeReleaseManifest(read({ ...PLAIN, archive: null })))).not.toContain(
			'archive',
		);
	});

	test('refuses to write what it would not read', () => {
		expect(() => writeReleaseManifest({ ...read(PLAIN), files: [] })).toThrow('cannot read the manifest');
		expect(() => writeReleaseManifest({ ...read(PLAIN), tag: 'v9.9.9' as Tag })).toThrow('are not the same');
	});

	/** Undefined for the few that collide. */
	function bytesOf(manifest: ReleaseManifest): Uint8Array | undefined {
		try {
			return writeReleaseManifest(manifest);
		} catch (thrown) {
			expect(String(thrown)).toMatch(/lies below|is not a path|are the same file/);
			return undefined;
		}
	}
});

describe('arbitrary input', () => {
	const whole = JSON.stringify(PLAIN);

	test('returns a manifest or a reason', () => {
		const value = fc.oneof(
			fc.jsonValue(),
			fc.dictionary(fc.constantFrom(...Object.keys(PLAIN)), fc.jsonValue()),
		);
		fc.assert(
			fc.property(value, (any) => {
				expect(refusal(Buffer.from(JSON.stringify(any)))).not.toBe('');
			}),
			rounds(500),
		);
	});

	test('returns a manifest or a reason after one value was replaced', () => {
		fc.assert(
			fc.property(fc.constantFrom(...Object.keys(PLAIN)), fc.jsonValue(), (key, any) => {
				refusal(Buffer.from(JSON.stringify({ ...PLAIN, [key]: any })));
			}),
			rounds(500),
		);
	});

	test('returns a manifest or a reason after bytes were cut, changed or inserted', () => {
		const at = fc.nat({ max: whole.length });
		fc.assert(
			fc.property(at, at, fc.uint8Array({ maxLength: 3 }), (from, to, between) => {
				const bytes = Buffer.from(whole);
				refusal(Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]));
			}),
			rounds(1000),
		);
	});
});
