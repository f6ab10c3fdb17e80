import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src/model/base/error.ts';
import { parseSize, parseSpan } from '../../../src/model/base/units.ts';
import { parseConfig } from '../../../src/model/config/config.ts';
import { rounds } from '../../fuzz.ts';

const top = join(import.meta.dirname, '../../..');

/** The minimal configuration. */
const least = { source: { kind: 'git', url: 'https://example.org/core.git' }, trust: { mode: 'unsigned' } };

const read = (more: object = {}) => parseConfig({ ...least, ...more }, 'config.toml');

function refusal(value: unknown): Problem {
	try {
		parseConfig(value, 'config.toml');
	} catch (thrown) {
		if (thrown instanceof Problem) return thrown;
		throw thrown;
	}
	throw new Error('it was accepted');
}

test('has defaults for everything except source and trust', () => {
	expect(read()).toEqual({
		product: 'signalbox',
		hardware: undefined,
		state: undefined,
		group: 'signalbox',
		sharedStatuses: false,
		source: {
			kind: 'git',
			url: 'https://example.org/core.git',
			channel: 'main',
			repository: 'signalbox',
			timeout: 900_000,
			probeDeadline: 300_000,
		},
		trust: { mode: 'unsigned' },
		gitTags: undefined,
		fetcher: {
			user: 'signalbox-fetcher',
			proxy: undefined,
			redirects: [],
			certificates: undefined,
			connect: 15_000,
			answer: 60_000,
			idle: 30_000,
			rate: 1024,
			parallel: 4,
		},
		install: { kind: 'hooks', allowDelete: [], data: [], restart: [], spare: 16 * 1024 ** 2, backups: 1 },
		hooks: {
			path: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
			timeout: 3_600_000,
			later: 1_800_000,
			pause: 60_000,
			output: 16 * 1024 ** 2,
		},
		reboot: { command: ['shutdown', '-r', 'now'], deadline: 600_000, tries: 3 },
		triggers: { dir: undefined, parallel: 8, policies: expect.any(Object), other: expect.any(Object) },
		signals: { owners: undefined, rescan: 30_000 },
		compat: { treeOwner: undefined },
		probes: [],
	});
});

test('converts configured values to milliseconds and bytes', () => {
	const config = read({
		product: 'citadel',
		state: '/srv/state',
		group: '1000',
		shared_statuses: true,
		source: { ...least.source, channel: 'release/0.5', timeout: '90s' },
		install: { allow_delete: ['old'], data: ['db'], restart: ['./start', 'all'], spare: '1GB', backups: 3 },
		hooks: { path: ['/bin'], timeout: '2h', later: '1ms', pause: '5s', output: '1MB' },
		signals: { owners: ['citadel', 1000], rescan: '1m' },
		compat: { tree_owner: 1000 },
		probes: [{ name: 'web', command: ['curl', '-f', 'http://localhost'] }],
	});
	expect(config).toMatchObject({
		product: 'citadel',
		state: '/srv/state',
		sharedStatuses: true,
		source: { channel: 'release/0.5', timeout: 90_000 },
		install: {
			allowDelete: ['old'],
			data: ['db'],
			restart: ['./start', 'all'],
			spare: 1024 ** 3,
			backups: 3,
		},
		hooks: { path: ['/bin'], timeout: 7_200_000, later: 1, pause: 5000, output: 1024 ** 2 },
		signals: { owners: ['citadel', 1000], rescan: 60_000 },
		compat: { treeOwner: 1000 },
		probes: [
			{
				name: 'web',
				question: { command: ['curl', '-f', 'http://localhost'], of: 'configuration' },
				deadline: 120_000,
				soak: 0,
			},
		],
	});
});

describe('triggers', () => {
	const plain = {
		run: 'file',
		timeout: 3_600_000,
		group: undefined,
		argument: 'none',
		output: 65_536,
		record: 'beside',
	};

	test('known triggers need no configuration', () => {
		const { policies, other } = read().triggers;
		expect(other).toEqual(plain);
		expect(policies).toEqual({
			update: { ...plain, run: 'builtin', timeout: 43_200_000, group: 'system', record: 'before' },
			rollback: { ...plain, run: 'builtin', timeout: 14_400_000, group: 'system', record: 'before' },
			check: { ...plain, run: 'builtin', timeout: 900_000 },
			reboot: { ...plain, timeout: 600_000, group: 'system', record: 'before' },
			shutdown: { ...plain, timeout: 600_000, group: 'system', record: 'before' },
			app: { ...plain, argument: 'rest', timeout: 14_400_000 },
			repo: { ...plain, argument: 'rest' },
		});
	});

	test('a table overrides single keys of a known trigger', () => {
		const { policies } = read({
			triggers: { update: { timeout: '4h' }, app: { prefix: false }, check: { run: 'file', group: 'net' } },
		}).triggers;
		expect(policies['update']).toEqual({
			...plain,
			run: 'builtin',
			timeout: 14_400_000,
			group: 'system',
			record: 'before',
		});
		expect(policies['app']).toMatchObject({ argument: 'none', timeout: 14_400_000 });
		expect(policies['check']).toMatchObject({ run: 'file', group: 'net', timeout: 900_000 });
		expect(policies['reboot']).toMatchObject({ group: 'system', record: 'before' });
	});

	test('a new trigger starts from the default policy', () => {
		const { dir, parallel, policies } = read({
			triggers: { dir: '/etc/triggers', parallel: 2, backup: { prefix: true, output: '1MB' } },
		}).triggers;
		expect({ dir, parallel }).toEqual({ dir: '/etc/triggers', parallel: 2 });
		expect(policies['backup']).toEqual({ ...plain, argument: 'rest', output: 1024 ** 2 });
	});

	test('accepts JavaScript keywords as names', () => {
		const { policies } = read({ triggers: { constructor: { timeout: '5s' } } }).triggers;
		expect(policies['constructor']).toEqual({ ...plain, timeout: 5000 });
		expect(Object.keys(read().triggers.policies)).not.toContain('constructor');
	});
});

test.each([
	['unsigned', { mode: 'unsigned' }, { mode: 'unsigned' }],
	['tuf', { mode: 'tuf', root: '/etc/r.json' }, { mode: 'tuf', root: '/etc/r.json', metadata: undefined }],
	[
		'minisign',
		{ mode: 'minisign', keys: ['RWQ'] },
		{ mode: 'minisign', keys: ['RWQ'], threshold: 1, metadata: undefined },
	],
	[
		'two of three SSH keys, from a mirror',
		{ mode: 'ssh', keys: ['a', 'b', 'c'], threshold: 2, metadata: 'https://mirror.example.org/x/' },
		{ mode: 'ssh', keys: ['a', 'b', 'c'], threshold: 2, metadata: 'https://mirror.example.org/x/' },
	],
])('trust is read whole: %s', (_what, trust, policy) => {
	expect(read({ trust }).trust).toEqual(policy);
});

describe('rejects, naming the key,', () => {
	test.each([
		['no source', { source: undefined }, 'source'],
		['no url', { source: { kind: 'git' } }, 'source.url'],
		['an empty url', { source: { kind: 'git', url: '' } }, 'source.url'],
		[
			'a url that is an option',
			{ source: { kind: 'git', url: '--upload-pack=x' } },
			'source.url: is not a URL',
		],
		['another kind of source', { source: { ...least.source, kind: 'ftp' } }, 'source.kind'],
		[
			'a channel that is an option',
			{ source: { ...least.source, channel: '-x' } },
			'source.channel: is not the name',
		],
		['no trust', { trust: undefined }, 'trust'],
		['trust without a mode', { trust: {} }, 'trust.mode'],
		['an unknown trust mode', { trust: { mode: 'none' } }, 'trust.mode'],
		[
			'a directory that is a URL',
			{ source: { kind: 'directory', url: 'https://example.org/' } },
			'source.url: is not an absolute path',
		],
		[
			'a publisher that is a path',
			{ source: { kind: 'publisher', url: '/srv/releases' } },
			'source.url: is not an http:// or https:// URL',
		],
		[
			'a publisher with an ftp URL',
			{ source: { kind: 'publisher', url: 'ftp://example.org/' } },
			'source.url: is not an http:// or https:// URL',
		],
		[
			'a repository that is an option',
			{ source: { ...least.source, repository: '--x' } },
			'source.repository',
		],
		[
			'unsigned, with keys',
			{ trust: { mode: 'unsigned', keys: ['RWQ'] } },
			'trust.keys: has no effect with trust.mode = "unsigned"',
		],
		[
			'unsigned, with a root',
			{ trust: { mode: 'unsigned', root: '/etc/root.json' } },
			'trust.root: has no effect',
		],
		[
			'a directory without verification',
			{ source: { kind: 'directory', url: '/srv/releases' } },
			'trust.mode: "unsigned" needs source.kind = "git"',
		],
		['tuf without a root', { trust: { mode: 'tuf' } }, 'trust.root: is needed with trust.mode = "tuf"'],
		[
			'tuf with a relative root',
			{ trust: { mode: 'tuf', root: 'root.json' } },
			'trust.root: is not an absolute path',
		],
		[
			'tuf with keys',
			{ trust: { mode: 'tuf', root: '/etc/root.json', keys: ['RWQ'] } },
			'trust.keys: has no effect',
		],
		[
			'tuf with a threshold',
			{ trust: { mode: 'tuf', root: '/etc/root.json', threshold: 2 } },
			'trust.threshold: has no effect',
		],
		['minisign without keys', { trust: { mode: 'minisign' } }, 'trust.keys: is needed'],
		['minisign with no key', { trust: { mode: 'minisign', keys: [] } }, 'trust.keys'],
		[
			'ssh with a root',
			{ trust: { mode: 'ssh', keys: ['ssh-ed25519 AAAA'], root: '/etc/root.json' } },
			'trust.root: has no effect',
		],
		[
			'a threshold of 0',
			{ trust: { mode: 'ssh', keys: ['ssh-ed25519 AAAA'], threshold: 0 } },
			'trust.threshold',
		],
		[
			'a threshold above the number of keys',
			{ trust: { mode: 'ssh', keys: ['a'], threshold: 2 } },
			'trust.threshold: is greater than the number of keys',
		],
		[
			'metadata with an ftp URL',
			{ trust: { mode: 'tuf', root: '/r', metadata: 'ftp://x' } },
			'trust.metadata: is neither',
		],
		[
			'signed tags without a list of revoked keys',
			{ trust: { mode: 'unsigned', git_tags: { allowed_signers: '/a' } } },
			'trust.git_tags.revoked',
		],
		[
			'signed tags with a relative path',
			{ trust: { mode: 'unsigned', git_tags: { allowed_signers: 'a', revoked: '/r' } } },
			'git_tags.allowed_signers',
		],
		[
			'signed tags without git',
			{
				source: { kind: 'directory', url: '/srv' },
				trust: { mode: 'ssh', keys: ['a'], git_tags: { allowed_signers: '/a', revoked: '/r' } },
			},
			'trust.git_tags: needs source.kind = "git"',
		],
		['a misspelt key in trust', { trust: { mode: 'tuf', root: '/r', treshold: 2 } }, 'treshold'],
		['a product with a slash', { product: '../x' }, 'product: is not a name'],
		['a product with a capital', { product: 'Citadel' }, 'product'],
		['a relative state', { state: 'state' }, 'state: is not an absolute path'],
		[
			'a proxy of another kind',
			{ fetcher: { proxy: 'socks5://proxy' } },
			'fetcher.proxy: is not an http:// or https:// URL',
		],
		['a proxy with a path', { fetcher: { proxy: 'http://proxy/x' } }, 'fetcher.proxy'],
		[
			'an origin with a path',
			{ fetcher: { redirects: ['https://a.example.org/x'] } },
			'fetcher.redirects.0: is not an origin',
		],
		['an origin that is a pattern', { fetcher: { redirects: ['https://*'] } }, 'fetcher.redirects.0'],
		['an option to trust any certificate', { fetcher: { insecure: true } }, 'insecure'],
		['a relative path of certificates', { fetcher: { certificates: 'ca.pem' } }, 'fetcher.certificates'],
		['a number as group', { group: 1000 }, 'group'],
		['a string as a boolean', { shared_statuses: 'yes' }, 'shared_statuses'],
		['a number as a duration', { hooks: { timeout: 60 } }, 'hooks.timeout'],
		['a duration without a unit', { hooks: { timeout: '60' } }, 'hooks.timeout: is not a duration'],
		['a duration of 0', { signals: { rescan: '0s' } }, 'signals.rescan: is not a duration'],
		['a duration too long for a timer', { hooks: { timeout: '25d' } }, 'hooks.timeout: is not a duration'],
		['0 backups', { install: { backups: 0 } }, 'install.backups'],
		['a size without a unit', { install: { spare: '64' } }, 'install.spare: is not a size'],
		[
			'a path with a parent directory',
			{ install: { data: ['../etc'] } },
			'install.data.0: is not a path inside',
		],
		['an absolute path to delete', { install: { allow_delete: ['db', '/etc'] } }, 'install.allow_delete.1'],
		['an empty PATH', { hooks: { path: [] } }, 'hooks.path'],
		['a relative PATH', { hooks: { path: ['bin'] } }, 'hooks.path.0: is not an absolute path'],
		['0 parallel runs', { triggers: { parallel: 0 } }, 'triggers.parallel'],
		['a trigger that is not a table', { triggers: { update: '4h' } }, 'triggers.update'],
		['a trigger’s wrong key', { triggers: { update: { timout: '4h' } } }, 'timout'],
		['a trigger’s wrong span', { triggers: { update: { timeout: 'soon' } } }, 'triggers.update.timeout'],
		['a trigger’s wrong run', { triggers: { x: { run: 'sh' } } }, 'triggers.x.run'],
		[
			'a trigger with an invalid signal name',
			{ triggers: { '../x': {} } },
			'triggers.../x: is not the name of a signal',
		],
		['a negative uid', { compat: { tree_owner: -1 } }, 'compat.tree_owner'],
		['a probe without a command', { probes: [{ name: 'web', command: [] }] }, 'probes.0.command'],
		['a wrong key', { sources: {} }, 'sources'],
		['a wrong key in a table', { hooks: { timeouts: '1h' } }, 'timeouts'],
	])('%s', (_what, more, key) => {
		const { record } = refusal({ ...least, ...more });
		expect(record).toMatchObject({
			code: 'config-invalid',
			hint: expect.stringContaining('docs/operator/configuration.md'),
		});
		expect(record.message).toMatch(/^cannot use config\.toml: /);
		expect(record.message).toContain(key);
	});

	test.each([[null], [[]], ['text'], [undefined], [5]])('rejects %j as a configuration', (value) => {
		expect(refusal(value).record.message).toContain('the file: ');
	});

	test('lists every wrong key in the facts and three in the message', () => {
		const { record } = refusal({ ...least, product: 1, group: 1, state: 1, probes: 1 });
		expect(record.facts['keys']).toHaveLength(4);
		expect(record.message.split('; ')).toHaveLength(3);
	});

	test('returns a configuration or a coded error for arbitrary input', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.jsonValue(),
					fc.dictionary(fc.constantFrom('source', 'triggers', 'probes', 'x'), fc.jsonValue()),
				),
				(value) => {
					expect(refusal(value).record.code).toBe('config-invalid');
				},
			),
			rounds(100),
		);
	});
});

describe('docs/schema/config.schema.json', () => {
	const committed = readFileSync(join(top, 'docs/schema/config.schema.json'), 'utf8');

	test('requires exactly the keys without defaults', () => {
		const schema = JSON.parse(committed) as { required: string[]; additionalProperties: boolean };
		expect(schema.required).toEqual(['source', 'trust']);
		expect(schema.additionalProperties).toBe(false);
	});

	test('has the same grammar of durations and sizes as the code', () => {
		const schema = JSON.parse(committed) as {
			properties: Record<string, { properties: Record<string, { pattern: string }> }>;
		};
		const span = new RegExp(schema.properties['hooks']?.properties['timeout']?.pattern ?? '');
		const size = new RegExp(schema.properties['hooks']?.properties['output']?.pattern ?? '');
		const unit = fc.constantFrom(
			'1',
			'05',
			'.',
			'250',
			'm',
			's',
			'ms',
			'h',
			'd',
			'B',
			'KB',
			'MB',
			'GB',
			' ',
			'-',
		);
		fc.assert(
			fc.property(
				fc.array(unit, { maxLength: 4 }).map((parts) => parts.join('')),
				(written) => {
					expect(span.test(written)).toBe(parseSpan(written) !== undefined);
					expect(size.test(written)).toBe(parseSize(written) !== undefined);
				},
			),
			rounds(2000),
		);
	});
});
