/** What is refused in metadata whoever signed it: each rule is broken alone in a document that is fine without. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkMetadata } from '../../src/trust/tuf-policy.ts';
import { MOST_ENTRIES } from '../../src/trust/tuf-roles.ts';

type Signed = Record<string, unknown>;

const HASH = 'ab'.repeat(32);
const common = { spec_version: '1.0.31', version: 1, expires: '2030-01-01T00:00:00Z' };
const role = { keyids: ['a'], threshold: 1 };
const keys = {
	a: { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '01'.repeat(32) } },
	b: { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '02'.repeat(32) } },
};
const root: Signed = {
	_type: 'root',
	...common,
	consistent_snapshot: true,
	keys,
	roles: { root: role, timestamp: role, snapshot: role, targets: role },
};
const timestamp: Signed = { _type: 'timestamp', ...common, meta: { 'snapshot.json': { version: 1 } } };
const snapshot: Signed = {
	_type: 'snapshot',
	...common,
	meta: { 'targets.json': { version: 1, length: 5, hashes: { sha256: HASH } } },
};
const targets: Signed = {
	_type: 'targets',
	...common,
	targets: { 'releases/v1.0.0/m.json': { length: 1, hashes: { sha256: HASH } } },
};
const delegated = {
	name: 'team',
	keyids: ['a'],
	threshold: 1,
	terminating: false,
	paths: ['channels/*.json'],
};
const bins = { keyids: ['a'], threshold: 1, bit_length: 4, name_prefix: 'bin' };

function delegating(more: object): Signed {
	return { ...targets, delegations: { keys, roles: [{ ...delegated, ...more }] } };
}

function refusal(document: Signed | string | Uint8Array): string {
	const bytes =
		typeof document === 'string'
			? Buffer.from(document)
			: document instanceof Uint8Array
				? document
				: Buffer.from(JSON.stringify({ signed: document, signatures: [] }));
	try {
		checkMetadata('x.json', bytes);
		return '';
	} catch (thrown) {
		expect(thrown).toMatchObject({ record: { code: 'metadata-refused', facts: { document: 'x.json' } } });
		return (thrown as Error).message;
	}
}

test.each<[string, Signed]>([
	['a root', root],
	['a timestamp', timestamp],
	['a snapshot', snapshot],
	['targets', targets],
	['a delegation', delegating({})],
	['odd but harmless names of roles', delegating({ name: '../team?#' })],
	['hash prefixes', delegating({ paths: undefined, path_hash_prefixes: ['0', 'ff'] })],
	['hash bins', { ...targets, delegations: { keys, succinct_roles: bins } }],
	[
		'a root whose role names a key that is not there',
		{ ...root, roles: { root: { keyids: ['a', 'z'], threshold: 2 } } },
	],
	[
		'sha512 beside others',
		{ ...targets, targets: { a: { length: 0, hashes: { md5: 'x', sha512: 'ab'.repeat(64) } } } },
	],
	['unknown fields', { ...targets, 'x-more': { a: [1] } }],
	['no length and no hashes of metadata', timestamp],
])('%s is fine', (_, document) => {
	expect(refusal(document)).toBe('');
});

describe('expiry', () => {
	test.each([
		'not a date',
		'2030-01-01',
		'2030-01-01T00:00:00',
		'2030-01-01T00:00:00.000Z',
		'2030-01-01T00:00:00+02:00',
		'2030-02-30T00:00:00Z',
		'2030-13-01T00:00:00Z',
		'+012030-01-01T00:00:00Z',
		' 2030-01-01T00:00:00Z',
		'2030-01-01T24:00:00Z',
		'',
		undefined,
		null,
		1893456000,
	])('%j is refused', (expires) => {
		expect(refusal({ ...targets, expires })).toMatch(/expiry/);
	});
});

describe('versions', () => {
	test.each([0, -1, 1.5, 1e300, '1', null, undefined])('%j is refused', (version) => {
		expect(refusal({ ...targets, version })).toMatch(/version/);
		expect(refusal({ ...snapshot, meta: { 'targets.json': { version } } })).toMatch(
			/version of targets.json/,
		);
	});
});

describe('hashes', () => {
	const bad: readonly object[] = [
		{},
		{ md5: 'x' },
		{ sha1: 'ab'.repeat(20) },
		{ sha256: 'ab' },
		{ sha256: HASH.toUpperCase() },
		{ sha256: 1 },
	];
	test.each(bad)('%j is refused', (hashes) => {
		expect(refusal({ ...targets, targets: { a: { length: 1, hashes } } })).toMatch(
			/neither a sha256 nor a sha512/,
		);
		expect(refusal({ ...snapshot, meta: { 'a.json': { version: 1, hashes } } })).toMatch(
			/neither a sha256 nor a sha512/,
		);
	});

	test('a good digest does not make a bad one good', () => {
		expect(
			refusal({ ...targets, targets: { a: { length: 1, hashes: { sha256: HASH, sha512: 'short' } } } }),
		).toMatch(/neither/);
	});

	test('inherited names are none', () => {
		expect(refusal({ ...targets, targets: { a: { length: 1, hashes: { constructor: HASH } } } })).toMatch(
			/neither/,
		);
	});
});

describe('lengths', () => {
	test.each([-1, 0.5, 1e300, '5', null])('%j is refused', (length) => {
		expect(refusal({ ...targets, targets: { a: { length, hashes: { sha256: HASH } } } })).toMatch(
			/length of a/,
		);
		expect(refusal({ ...snapshot, meta: { 'targets.json': { version: 1, length } } })).toMatch(
			/length of targets.json/,
		);
	});

	test('metadata cannot raise the limit on other metadata', () => {
		expect(refusal({ ...timestamp, meta: { 'snapshot.json': { version: 1, length: 2_000_001 } } })).toMatch(
			/at most 2000000/,
		);
		expect(refusal({ ...snapshot, meta: { 'targets.json': { version: 1, length: 5_000_001 } } })).toMatch(
			/at most 5000000/,
		);
	});

	test('more entries than can be read in time', () => {
		const many = (count: number) =>
			Array.from({ length: count }, (_, index) => [`t${index}`, { length: 1, hashes: { sha256: HASH } }]);
		expect(refusal({ ...targets, targets: Object.fromEntries(many(MOST_ENTRIES)) })).toBe('');
		expect(refusal({ ...targets, targets: Object.fromEntries(many(MOST_ENTRIES + 1)) })).toMatch(
			/at most 2000/,
		);
		expect(refusal({ ...snapshot, meta: Object.fromEntries(many(MOST_ENTRIES + 1)) })).toMatch(
			/at most 2000/,
		);
		expect(refusal({ ...root, keys: Object.fromEntries(many(MOST_ENTRIES + 1)) })).toMatch(/at most 2000/);
	});
});

describe('names of targets', () => {
	const bad = [
		'',
		'/etc/passwd',
		'../../etc/passwd',
		'a/../b',
		'a//b',
		'a/',
		'./a',
		'.',
		'..',
		'a\\b',
		'a\nb',
		'a\u0000',
		'x'.repeat(1025),
	];
	test.each(bad)('%j is refused', (path) => {
		expect(refusal({ ...targets, targets: { [path]: { length: 1, hashes: { sha256: HASH } } } })).toMatch(
			/no name of a target/,
		);
	});
});

describe('roles', () => {
	test.each([0, -1, 0.5, 1.5, '1', null, undefined])('a threshold of %j is refused', (threshold) => {
		expect(refusal({ ...root, roles: { root: { keyids: ['a'], threshold } } })).toMatch(/threshold of root/);
		expect(refusal(delegating({ threshold }))).toMatch(/threshold of team/);
		expect(refusal({ ...targets, delegations: { keys, succinct_roles: { ...bins, threshold } } })).toMatch(
			/threshold of the bins/,
		);
	});

	test('a key named twice', () => {
		expect(refusal({ ...root, roles: { root: { keyids: ['a', 'a'], threshold: 2 } } })).toMatch(
			/names a key twice/,
		);
	});

	describe('one key under two names counts once, and so is refused', () => {
		const { publicKey } = generateKeyPairSync('ed25519');
		const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
		const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('hex');
		const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' })
			.publicKey.export({ format: 'pem', type: 'spki' })
			.toString();
		test.each([
			['as it is', 'ed25519', hex, hex],
			['in capitals', 'ed25519', hex, hex.toUpperCase()],
			['as PEM', 'ed25519', hex, pem],
			['as PEM with other line ends', 'ecdsa', ecdsa, ecdsa.replaceAll('\n', '\r\n')],
		])('%s', (_, keytype, one, two) => {
			const twins = { a: { keytype, keyval: { public: one } }, b: { keytype, keyval: { public: two } } };
			const both = { keyids: ['a', 'b'], threshold: 2 };
			expect(refusal({ ...root, keys: twins, roles: { root: both } })).toMatch(/one key under two names/);
			expect(
				refusal({ ...targets, delegations: { keys: twins, roles: [{ ...delegated, ...both }] } }),
			).toMatch(/one key under two names/);
		});
	});
});

describe('delegations', () => {
	test.each(['', '__proto__', 'constructor', 'toString', 'a\nb', 'x'.repeat(201), '\ud800'])(
		'the role %j is refused',
		(name) => {
			expect(refusal(delegating({ name }))).toMatch(/no name of a role/);
		},
	);

	test('a role that is delegated to twice', () => {
		expect(refusal({ ...targets, delegations: { keys, roles: [delegated, delegated] } })).toMatch(
			/one name twice/,
		);
	});

	test.each(['{a,b}', '!a', 'x/#y', '@(a|b)', 'a\\b', 'x'.repeat(1025), 5])(
		'the pattern %j is refused',
		(pattern) => {
			expect(refusal(delegating({ paths: [pattern] }))).toMatch(/no pattern of TUF/);
		},
	);

	test('a hash prefix that is none', () => {
		expect(refusal(delegating({ paths: undefined, path_hash_prefixes: ['XY'] }))).toMatch(/hash prefix/);
	});

	test('by names and by bins at once', () => {
		expect(refusal({ ...targets, delegations: { keys, roles: [delegated], succinct_roles: bins } })).toMatch(
			/at once/,
		);
	});

	test.each([{ bit_length: 1.5 }, { name_prefix: '' }, { name_prefix: 'x'.repeat(200) }])(
		'bins with %j',
		(more) => {
			const why = refusal({ ...targets, delegations: { keys, succinct_roles: { ...bins, ...more } } });
			expect(why).toMatch(more.name_prefix === '' ? /^$/ : /bins/);
		},
	);
});

describe('documents', () => {
	test.each<[string, string | Uint8Array, RegExp]>([
		['nothing', '', /not JSON/],
		['half of one', '{"signed": {', /not JSON/],
		['a web page', '<html>', /not JSON/],
		['no text', Uint8Array.of(0xff, 0xfe), /not UTF-8/],
		['nothing signed', '{"signatures": []}', /nothing signed/],
		['a list', '[]', /nothing signed/],
		['very deep', `${'['.repeat(400_000)}`, /not JSON/],
		[
			'a prototype',
			JSON.stringify({ signed: targets }).replace('"targets":{', '"targets":{"__proto__":{},'),
			/__proto__/,
		],
		['another type', JSON.stringify({ signed: { ...targets, _type: 'mirrors' } }), /its type is "mirrors"/],
	])('%s', (_, document, why) => {
		expect(refusal(document)).toMatch(why);
	});
});

test('what is told of a document stays on one line, without control characters, and short', () => {
	const evil = `\u001b[2J\nall is well\u202e${'x'.repeat(100_000)}`;
	for (const document of [
		{ ...root, roles: { [evil]: { keyids: [], threshold: 0 } } },
		{ ...snapshot, meta: { [evil]: { version: 0 } } },
		{ ...targets, expires: evil },
	]) {
		const why = refusal(document);
		expect(why.length).toBeLessThan(400);
		expect(why).not.toMatch(/[\p{Cc}\u202e]/u);
	}
});
