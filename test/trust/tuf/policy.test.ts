/** Each rule for TUF metadata is broken alone in otherwise valid metadata. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkMetadata } from '../../../src/trust/tuf/policy.ts';
import { MOST_ENTRIES } from '../../../src/trust/tuf/roles.ts';

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
	['odd but harmless role names', delegating({ name: '../team?#' })],
	['hash prefixes', delegating({ paths: undefined, path_hash_prefixes: ['0', 'ff'] })],
	['hash bins', { ...targets, delegations: { keys, succinct_roles: bins } }],
	[
		'a root whose role names a missing key',
		{ ...root, roles: { root: { keyids: ['a', 'z'], threshold: 2 } } },
	],
	[
		'sha512 beside others',
		{ ...targets, targets: { a: { length: 0, hashes: { md5: 'x', sha512: 'ab'.repeat(64) } } } },
	],
	['unknown fields', { ...targets, 'x-more': { a: [1] } }],
	['metadata listed without length and hashes', timestamp],
])('accepts %s', (_, document) => {
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
	])('rejects %j', (expires) => {
		expect(refusal({ ...targets, expires })).toMatch(/expiry/);
	});
});

describe('versions', () => {
	test.each([0, -1, 1.5, 1e300, '1', null, undefined])('rejects %j', (version) => {
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
	test.each(bad)('rejects %j', (hashes) => {
		expect(refusal({ ...targets, targets: { a: { length: 1, hashes } } })).toMatch(
			/neither a sha256 nor a sha512/,
		);
		expect(refusal({ ...snapshot, meta: { 'a.json': { version: 1, hashes } } })).toMatch(
			/neither a sha256 nor a sha512/,
		);
	});

	test('rejects a malformed digest beside a valid one', () => {
		expect(
			refusal({ ...targets, targets: { a: { length: 1, hashes: { sha256: HASH, sha512: 'short' } } } }),
		).toMatch(/neither/);
	});

	test('rejects inherited property names as algorithms', () => {
		expect(refusal({ ...targets, targets: { a: { length: 1, hashes: { constructor: HASH } } } })).toMatch(
			/neither/,
		);
	});
});

describe('lengths', () => {
	test.each([-1, 0.5, 1e300, '5', null])('rejects %j', (length) => {
		expect(refusal({ ...targets, targets: { a: { length, hashes: { sha256: HASH } } } })).toMatch(
			/length of a/,
		);
		expect(refusal({ ...snapshot, meta: { 'targets.json': { version: 1, length } } })).toMatch(
			/length of targets.json/,
		);
	});

	test('rejects lengths above the limits for other metadata', () => {
		expect(refusal({ ...timestamp, meta: { 'snapshot.json': { version: 1, length: 2_000_001 } } })).toMatch(
			/at most 2000000/,
		);
		expect(refusal({ ...snapshot, meta: { 'targets.json': { version: 1, length: 5_000_001 } } })).toMatch(
			/at most 5000000/,
		);
	});

	test('rejects more entries than can be read in time', () => {
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

describe('target names', () => {
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
	test.each(bad)('rejects %j', (path) => {
		expect(refusal({ ...targets, targets: { [path]: { length: 1, hashes: { sha256: HASH } } } })).toMatch(
			/no name of a target/,
		);
	});
});

describe('roles', () => {
	test.each([0, -1, 0.5, 1.5, '1', null, undefined])('rejects a threshold of %j', (threshold) => {
		expect(refusal({ ...root, roles: { root: { keyids: ['a'], threshold } } })).toMatch(/threshold of root/);
		expect(refusal(delegating({ threshold }))).toMatch(/threshold of team/);
		expect(refusal({ ...targets, delegations: { keys, succinct_roles: { ...bins, threshold } } })).toMatch(
			/threshold of the bins/,
		);
	});

	test('rejects a key listed twice', () => {
		expect(refusal({ ...root, roles: { root: { keyids: ['a', 'a'], threshold: 2 } } })).toMatch(
			/names a key twice/,
		);
	});

	describe('rejects one key under two names', () => {
		const { publicKey } = generateKeyPairSync('ed25519');
		const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
		const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('hex');
		const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' })
			.publicKey.export({ format: 'pem', type: 'spki' })
			.toString();
		test.each([
			['with equal text', 'ed25519', hex, hex],
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
		'rejects the role name %j',
		(name) => {
			expect(refusal(delegating({ name }))).toMatch(/no name of a role/);
		},
	);

	test('rejects two delegations to one role', () => {
		expect(refusal({ ...targets, delegations: { keys, roles: [delegated, delegated] } })).toMatch(
			/one name twice/,
		);
	});

	test.each(['{a,b}', '!a', 'x/#y', '@(a|b)', 'a\\b', 'x'.repeat(1025), 5])(
		'rejects the pattern %j',
		(pattern) => {
			expect(refusal(delegating({ paths: [pattern] }))).toMatch(/no pattern of TUF/);
		},
	);

	test('rejects a malformed hash prefix', () => {
		expect(refusal(delegating({ paths: undefined, path_hash_prefixes: ['XY'] }))).toMatch(/hash prefix/);
	});

	test('rejects delegations by names and by bins at once', () => {
		expect(refusal({ ...targets, delegations: { keys, roles: [delegated], succinct_roles: bins } })).toMatch(
			/at once/,
		);
	});

	test.each([{ bit_length: 1.5 }, { name_prefix: '' }, { name_prefix: 'x'.repeat(200) }])(
		'checks bins with %j',
		(more) => {
			const why = refusal({ ...targets, delegations: { keys, succinct_roles: { ...bins, ...more } } });
			expect(why).toMatch(more.name_prefix === '' ? /^$/ : /bins/);
		},
	);
});

describe('rejects metadata that is', () => {
	test.each<[string, string | Uint8Array, RegExp]>([
		['empty', '', /not JSON/],
		['truncated', '{"signed": {', /not JSON/],
		['a web page', '<html>', /not JSON/],
		['not UTF-8', Uint8Array.of(0xff, 0xfe), /not UTF-8/],
		['without a signed part', '{"signatures": []}', /nothing signed/],
		['a list', '[]', /nothing signed/],
		['nested too deeply', `${'['.repeat(400_000)}`, /not JSON/],
		[
			'given a prototype',
			JSON.stringify({ signed: targets }).replace('"targets":{', '"targets":{"__proto__":{},'),
			/__proto__/,
		],
		[
			'of an unknown type',
			JSON.stringify({ signed: { ...targets, _type: 'mirrors' } }),
			/its type is "mirrors"/,
		],
	])('%s', (_, document, why) => {
		expect(refusal(document)).toMatch(why);
	});
});

test('keeps error messages short, on one line and free of control characters', () => {
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
