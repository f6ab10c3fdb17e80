/** What sources do to their clients, right and wrong. Each step changes the repository; after each a client comes by. */
import { createHash } from 'node:crypto';
import { newKey, type Publisher, seal, time } from './publisher.ts';

export interface Scenario {
	readonly name: string;
	readonly consistent?: false;
	/** The client comes by after each. All visits but the last end well, unless `visits` says so. */
	readonly steps: readonly ((p: Publisher) => void)[];
	/** Fetched at the last visit. */
	readonly target?: string;
	/** How the last visit ends. */
	readonly end: string;
	/** Versions in the store after it, as far as they are told. */
	readonly store?: Readonly<Record<string, number>>;
	/** Why plain tuf-js ends otherwise. */
	readonly differs?: string;
}

const DAY = 86_400_000;
const MAIN = 'channels/main.json';
const nothing = () => undefined;
const addMain = (p: Publisher) => {
	p.addTarget(MAIN, '{"schema":1,"tag":"v1.2.3"}');
	p.next();
};
const keysOf = (p: Publisher, role: string) => p.signers[role] ?? [];
const ago = (p: Publisher) => time(p.now - DAY);

const WELL: readonly Scenario[] = [
	{ name: 'a target', steps: [addMain], target: MAIN, end: 'ok' },
	{ name: 'a target, nothing new since', steps: [addMain, nothing], target: MAIN, end: 'ok' },
	{
		name: 'without consistent snapshots',
		consistent: false,
		steps: [addMain, (p) => p.next()],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a target with odd characters',
		steps: [
			(p) => {
				p.addTarget('a b/ü.json', 'x');
				rename(p);
				p.next();
			},
		],
		target: 'a b/ü.json',
		end: 'ok',
	},
	{
		name: 'snapshot and timestamp tell only versions',
		steps: [
			(p) => {
				p.withHashes = false;
				addMain(p);
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'several roots in a row, with new root keys each',
		steps: [
			(p) => {
				for (let n = 0; n < 5; n += 1) p.nextRoot(() => p.rotate('root', 3, 2));
				addMain(p);
			},
			(p) => p.nextRoot(() => p.rotate('root', 5, 3)),
		],
		target: MAIN,
		end: 'ok',
		store: { root: 7 },
	},
	{
		name: 'all online keys rotated between two visits',
		steps: [
			addMain,
			(p) => {
				p.nextRoot(() => {
					for (const role of ['timestamp', 'snapshot', 'targets']) p.rotate(role);
				});
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'recovery from a fast-forwarded timestamp by a new timestamp key',
		steps: [
			(p) => {
				p.timestamp['version'] = 9999;
				p.publishTimestamp();
			},
			(p) => {
				p.nextRoot(() => p.rotate('timestamp'));
				p.timestamp['version'] = 1;
				p.publishTimestamp();
			},
		],
		end: 'ok',
		store: { timestamp: 1, root: 2 },
	},
	{
		name: 'recovery from a fast-forwarded snapshot by new timestamp and snapshot keys',
		steps: [
			(p) => {
				p.snapshot['version'] = 9999;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
			(p) => {
				p.nextRoot(() => {
					p.rotate('timestamp');
					p.rotate('snapshot');
				});
				p.snapshot['version'] = 3;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
		],
		end: 'ok',
		store: { snapshot: 3 },
	},
	{
		name: 'an expired root in the middle of the chain',
		steps: [
			(p) => {
				p.nextRoot(() => {
					p.root['expires'] = ago(p);
				});
				p.nextRoot(() => {
					p.root['expires'] = time(p.now + DAY);
				});
			},
		],
		end: 'ok',
		store: { root: 3 },
	},
	{
		name: 'an expired timestamp that was renewed',
		steps: [
			(p) => p.next(),
			(p) => {
				p.timestamp['expires'] = time(p.now + 2 * DAY);
				p.timestamp['version'] += 1;
				p.publishTimestamp();
			},
		],
		end: 'ok',
	},
	{
		name: 'a signature by a key that nobody asked for',
		steps: [
			(p) => {
				keysOf(p, 'targets').push(newKey());
				addMain(p);
			},
		],
		target: MAIN,
		end: 'ok',
	},
];

/** Target paths are encoded in documents as in URLs. */
function rename(p: Publisher): void {
	for (const [path, bytes] of [...p.files]) {
		const encoded = path.split('/').map(encodeURIComponent).join('/');
		if (encoded !== path && path.startsWith('targets/')) p.put(encoded, bytes);
	}
}

const DELEGATED: readonly Scenario[] = [
	{
		name: 'a target of a delegated role',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['channels/*.json'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
		store: { team: 2 },
	},
	{
		name: 'a target outside the delegated paths',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['releases/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	{
		name: 'a target by the prefix of its hash',
		steps: [
			(p) => {
				const all = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
				p.delegate('team', { path_hash_prefixes: all });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a target outside the delegated hash prefixes',
		steps: [
			(p) => {
				p.delegate('team', { path_hash_prefixes: ['0000'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	{
		name: 'a terminating delegation hides the ones behind it',
		steps: [
			(p) => {
				p.delegate('first', { paths: ['*/*'], terminating: true });
				p.delegate('second', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'second');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	{
		name: 'one that does not terminate hides nothing',
		steps: [
			(p) => {
				p.delegate('first', { paths: ['*/*'] });
				p.delegate('second', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'second');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'delegation in a circle',
		steps: [
			(p) => {
				p.delegate('a', { paths: ['*/*'] });
				p.delegate('b', { paths: ['*/*'] }, 'a');
				p.delegate('a', { paths: ['*/*'] }, 'b', keysOf(p, 'a')[0]);
				p.addTarget(MAIN, 'x', 'b');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'hash bins',
		steps: [
			(p) => {
				p.bins(2);
				for (const bin of Object.keys(p.delegated)) p.addTarget(MAIN, 'x', bin);
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a target in the wrong bin',
		steps: [
			(p) => {
				p.bins(8);
				p.addTarget(MAIN, 'x', 'bin-00');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	...['?', '#', '/role', '../role', 'a b', 'ü'].map(
		(name): Scenario => ({
			name: `a role named ${name}`,
			steps: [
				(p) => {
					p.delegate(name, { paths: ['*/*'] });
					p.addTarget(MAIN, 'x', name);
					p.next();
				},
				nothing,
			],
			target: MAIN,
			end: 'ok',
		}),
	),
	{
		name: 'a delegated role signed by a stranger',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.signers['team'] = [newKey()];
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'metadata-unsigned',
	},
	{
		name: 'a delegated role that expired',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.roleOf('team')['expires'] = ago(p);
				p.next();
			},
		],
		target: MAIN,
		end: 'metadata-expired',
	},
	{
		name: 'a delegated role rolled back in the snapshot',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
				p.next();
			},
			(p) => {
				p.next();
				p.roleOf('team')['version'] = 1;
				p.publish();
			},
		],
		target: MAIN,
		end: 'metadata-rolled-back',
	},
	{
		name: 'a delegated role that the snapshot does not list',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
				delete p.snapshot['meta']['team.json'];
				p.publishSnapshot();
			},
		],
		target: MAIN,
		end: 'metadata-refused',
	},
	{
		name: 'a delegation revoked since the role was kept',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
			(p) => {
				p.targets['delegations'].roles[0].keyids = [newKey().id];
				p.targets['version'] += 1;
				bump(p);
			},
		],
		target: MAIN,
		end: 'metadata-unsigned',
	},
];

/** New snapshot and timestamp; the delegated roles stay as they are. */
function bump(p: Publisher): void {
	p.snapshot['version'] += 1;
	p.timestamp['version'] += 1;
	p.publishTargets('targets', p.targets);
	p.publishSnapshot();
}

const SIGNATURES: readonly Scenario[] = [
	...(['timestamp', 'snapshot', 'targets'] as const).map(
		(role): Scenario => ({
			name: `${role} signed by nobody`,
			steps: [
				(p) => {
					p.signers[role] = [];
					p.next();
				},
			],
			end: 'metadata-unsigned',
		}),
	),
	...(['timestamp', 'snapshot', 'targets'] as const).map(
		(role): Scenario => ({
			name: `${role} by one of the two keys that it needs`,
			steps: [
				(p) => {
					p.nextRoot(() => p.rotate(role, 3, 2));
					p.signers[role] = keysOf(p, role).slice(0, 1);
					p.next();
				},
			],
			end: 'metadata-unsigned',
		}),
	),
	{
		name: 'targets by two of three keys',
		steps: [
			(p) => {
				p.nextRoot(() => p.rotate('targets', 3, 2));
				keysOf(p, 'targets').pop();
				addMain(p);
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a root that the new keys alone signed',
		steps: [
			nothing,
			(p) => p.nextRoot(() => p.rotate('root', 2, 2), undefined),
			(p) => {
				p.rotate('root', 2, 2);
				p.root['version'] += 1;
				p.publishRoot();
			},
		],
		end: 'metadata-unsigned',
		store: { root: 2 },
	},
	{
		name: 'a root that the old keys alone signed',
		steps: [(p) => ((old) => p.nextRoot(() => p.rotate('root', 2, 2), old))(keysOf(p, 'root'))],
		end: 'metadata-unsigned',
	},
	{
		name: 'a root signed by one of the two old keys that it needs',
		steps: [(p) => ((old) => p.nextRoot(nothing, old))(keysOf(p, 'root').slice(0, 1))],
		end: 'metadata-unsigned',
	},
	{
		name: 'one signature given twice',
		steps: [
			(p) => {
				p.next();
				const doc = JSON.parse(seal(p.targets, keysOf(p, 'targets')).toString());
				doc.signatures.push(doc.signatures[0]);
				replaceTargets(p, Buffer.from(JSON.stringify(doc)));
			},
		],
		end: 'metadata-refused',
	},
	{
		name: 'one key under two names, for a threshold of two',
		steps: [
			(p) => {
				const [key = newKey()] = keysOf(p, 'targets');
				const twin = { ...key, id: 'f'.repeat(64) };
				p.nextRoot(() => p.grant('targets', [key, twin], 2));
				p.signers['targets'] = [key, twin];
				addMain(p);
			},
		],
		target: MAIN,
		end: 'metadata-refused',
		differs: 'tuf-js counts names of keys, not keys: whoever holds one key would fill a threshold of two',
	},
	{
		name: 'a role that names its key twice',
		steps: [(p) => p.nextRoot(() => p.root['roles'].targets.keyids.push(p.root['roles'].targets.keyids[0]))],
		end: 'metadata-refused',
	},
	...[0, -1].map(
		(threshold): Scenario => ({
			name: `a threshold of ${threshold}`,
			steps: [
				(p) =>
					p.nextRoot(() => {
						p.root['roles'].targets.threshold = threshold;
					}),
			],
			end: 'metadata-refused',
		}),
	),
];

/** Serves other bytes as targets, listed as they are. */
function replaceTargets(p: Publisher, bytes: Buffer): void {
	p.putMetadata('targets', p.targets, bytes);
	p.withHashes = false;
	p.snapshot['version'] += 1;
	p.timestamp['version'] += 1;
	p.snapshot['meta']['targets.json'] = { version: p.targets['version'] };
	p.publishSnapshot();
}

const EXPIRED: readonly Scenario[] = [
	{
		name: 'root expired',
		steps: [
			(p) =>
				p.nextRoot(() => {
					p.root['expires'] = ago(p);
				}),
		],
		end: 'metadata-expired',
		store: { root: 2 },
	},
	...(['timestamp', 'snapshot', 'targets'] as const).map(
		(role): Scenario => ({
			name: `${role} expired`,
			steps: [
				nothing,
				(p) => {
					p[role]['expires'] = ago(p);
					p.next();
				},
			],
			end: 'metadata-expired',
			store: { [role]: 1 },
		}),
	),
	...['not a date', '2031-01-01', '2031-01-01T00:00:00.000Z'].flatMap((expires): Scenario[] => [
		{
			name: `targets expire at "${expires}"`,
			steps: [
				(p) => {
					p.targets['expires'] = expires;
					p.next();
				},
			],
			end: 'metadata-refused',
			...(expires === 'not a date'
				? {}
				: { differs: 'tuf-js takes what Date.parse takes, which differs from client to client' }),
		},
	]),
];

const BACKWARDS: readonly Scenario[] = [
	{
		name: 'an older timestamp',
		steps: [
			(p) => {
				p.next();
				p.next();
			},
			(p) => {
				p.timestamp['version'] = 2;
				p.publishTimestamp();
			},
		],
		end: 'metadata-rolled-back',
		store: { timestamp: 3 },
	},
	{
		name: 'an older snapshot in a newer timestamp',
		steps: [
			(p) => {
				p.next();
				p.next();
			},
			(p) => {
				p.snapshot['version'] = 1;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
		],
		end: 'metadata-rolled-back',
		store: { snapshot: 3, timestamp: 3 },
	},
	{
		name: 'older targets in a newer snapshot',
		steps: [
			(p) => {
				p.next();
				p.next();
			},
			(p) => {
				p.next();
				p.targets['version'] = 1;
				p.publish();
			},
		],
		end: 'metadata-rolled-back',
		store: { targets: 3, snapshot: 3 },
	},
	{
		name: 'a root that does not count on',
		steps: [
			nothing,
			(p) => {
				p.root['version'] = 1;
				p.put('metadata/2.root.json', seal(p.root, keysOf(p, 'root')));
			},
		],
		end: 'metadata-mismatch',
		store: { root: 1 },
	},
	{
		name: 'a snapshot that forgets a role',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.next();
			},
			(p) => {
				p.snapshot['version'] += 1;
				p.timestamp['version'] += 1;
				delete p.snapshot['meta']['team.json'];
				p.publishSnapshot();
			},
		],
		end: 'metadata-rolled-back',
	},
	{
		name: 'an endless freeze: the same timestamp with other contents',
		steps: [
			nothing,
			(p) => {
				p.timestamp['meta']['snapshot.json'].version = 100;
				p.publishTimestamp();
			},
		],
		end: 'ok',
		store: { timestamp: 1, snapshot: 1 },
	},
];

const MIXED: readonly Scenario[] = [
	{
		name: 'the snapshot of another day',
		steps: [
			(p) => {
				p.next();
				p.put('metadata/2.snapshot.json', p.files.get('metadata/1.snapshot.json') ?? new Uint8Array());
			},
		],
		end: 'metadata-mismatch',
		store: { timestamp: 2 },
	},
	{
		name: 'the targets of another day, listed without digests',
		steps: [
			(p) => {
				p.withHashes = false;
				p.next();
				p.put('metadata/2.targets.json', p.files.get('metadata/1.targets.json') ?? new Uint8Array());
			},
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'the snapshot of another day, listed without digests',
		steps: [
			(p) => {
				p.withHashes = false;
				p.next();
				p.put('metadata/2.snapshot.json', p.files.get('metadata/1.snapshot.json') ?? new Uint8Array());
			},
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'targets served as snapshot',
		steps: [
			(p) => {
				p.next();
				p.put('metadata/2.snapshot.json', p.files.get('metadata/2.targets.json') ?? new Uint8Array());
				p.withHashes = false;
				p.publishTimestamp();
			},
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'a target with other bytes',
		steps: [addMain, (p) => spoil(p, 'targets/channels/', () => Buffer.from('{"schema":1,"tag":"v0.0.1"}'))],
		target: MAIN,
		end: 'metadata-mismatch',
	},
	{
		name: 'a target that is shorter',
		steps: [addMain, (p) => spoil(p, 'targets/channels/', (bytes) => bytes.subarray(1))],
		target: MAIN,
		end: 'metadata-mismatch',
	},
	{
		name: 'a timestamp longer than they may be',
		steps: [
			addMain,
			(p) => spoil(p, 'metadata/timestamp', (bytes) => Buffer.concat([bytes, Buffer.alloc(20_000, ' ')])),
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'a target that never ends',
		steps: [addMain, (p) => spoil(p, 'targets/channels/', () => Buffer.alloc(1_000_000))],
		target: MAIN,
		end: 'metadata-mismatch',
	},
	{
		name: 'a target that is not there',
		steps: [addMain, (p) => remove(p, 'targets/channels/')],
		target: MAIN,
		end: 'metadata-missing',
	},
	{ name: 'a target that nobody listed', steps: [nothing], target: MAIN, end: 'target-missing' },
];

function spoil(p: Publisher, prefix: string, change: (bytes: Uint8Array) => Uint8Array): void {
	for (const [path, bytes] of p.files) if (path.startsWith(prefix)) p.put(path, change(bytes));
}

function remove(p: Publisher, prefix: string): void {
	for (const path of [...p.files.keys()]) if (path.startsWith(prefix)) p.files.delete(path);
}

const DAMAGED: readonly Scenario[] = [
	{ name: 'no timestamp', steps: [(p) => remove(p, 'metadata/timestamp.json')], end: 'metadata-missing' },
	{
		name: 'no snapshot',
		steps: [(p) => remove(p, 'metadata/1.snapshot.json')],
		end: 'metadata-missing',
		store: { timestamp: 1 },
	},
	{
		name: 'no targets',
		steps: [(p) => remove(p, 'metadata/1.targets.json')],
		end: 'metadata-missing',
		store: { snapshot: 1 },
	},
	...(['metadata/timestamp.json', 'metadata/2.root.json'] as const).flatMap((path): Scenario[] => [
		{
			name: `${path} is a web page`,
			steps: [(p) => p.put(path, Buffer.from('<html>not here</html>'))],
			end: 'metadata-refused',
		},
		{ name: `${path} is empty`, steps: [(p) => p.put(path, new Uint8Array())], end: 'metadata-refused' },
		{
			name: `${path} never ends`,
			steps: [(p) => p.put(path, Buffer.alloc(2_000_000, 32))],
			end: 'metadata-mismatch',
		},
	]),
	...(['1.snapshot', '1.targets'] as const).flatMap((name): Scenario[] => [
		{
			name: `${name} never ends`,
			steps: [(p) => p.put(`metadata/${name}.json`, Buffer.alloc(6_000_000, 32))],
			end: 'metadata-mismatch',
		},
		{
			name: `${name} is damaged`,
			steps: [(p) => spoil(p, `metadata/${name}`, flip)],
			end: 'metadata-mismatch',
		},
	]),
	{
		name: 'the timestamp is damaged',
		steps: [(p) => spoil(p, 'metadata/timestamp', flip)],
		end: 'metadata-unsigned',
	},
];

/** Changes what was signed, and stays JSON. */
function flip(bytes: Uint8Array): Uint8Array {
	return Buffer.from(
		Buffer.from(bytes).toString().replace('"spec_version":"1.0.31"', '"spec_version":"1.0.32"'),
	);
}

const WEAK: readonly Scenario[] = [
	...([{}, { md5: '0'.repeat(32) }, { sha1: '0'.repeat(40) }] as const).map((hashes): Scenario => {
		const kinds = Object.keys(hashes).join() || 'no digest';
		return {
			name: `a target with ${kinds}`,
			steps: [
				(p) => {
					p.addTarget(MAIN, 'x');
					p.targets['targets'][MAIN].hashes = hashes;
					p.next();
				},
			],
			end: 'metadata-refused',
			differs:
				'tuf-js takes every digest that Node knows, and none at all: two contents can be made for md5 and sha1',
		};
	}),
	{
		name: 'targets listed with md5 alone',
		steps: [
			(p) => {
				p.next();
				p.snapshot['meta']['targets.json'].hashes = { md5: md5Of(p) };
				p.snapshot['version'] += 1;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
		],
		end: 'metadata-refused',
		differs: 'as above, for metadata',
	},
	...['../../etc/passwd', '/etc/passwd', 'a//b', 'a\\b'].map(
		(path): Scenario => ({
			name: `a target named ${path}`,
			steps: [
				(p) => {
					p.addTarget(path, 'x');
					p.next();
				},
			],
			end: 'metadata-refused',
			differs: 'tuf-js takes any name; ours become paths in mirrors and archives',
		}),
	),
	{
		name: 'a snapshot of 10 GB is announced',
		steps: [
			(p) => {
				p.timestamp['meta']['snapshot.json'].length = 1e10;
				p.timestamp['version'] += 1;
				p.publishTimestamp();
			},
		],
		end: 'metadata-refused',
	},
	{
		name: 'two delegations to one name',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.delegate('team', { paths: ['*'] });
				p.next();
			},
		],
		end: 'metadata-refused',
	},
	{
		name: 'a delegated pattern with braces',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['{channels,releases}/*'] });
				p.next();
			},
		],
		end: 'metadata-refused',
		differs:
			'tuf-js asks minimatch, which knows more than TUF: braces, negation, comments; other clients delegate nothing there',
	},
	{
		name: 'delegation by names and by bins at once',
		steps: [
			(p) => {
				p.bins(1);
				p.targets['delegations'].roles = [];
				p.next();
			},
		],
		end: 'metadata-refused',
	},
];

function md5Of(p: Publisher): string {
	return createHash('md5')
		.update(p.files.get(`metadata/${p.targets['version']}.targets.json`) ?? new Uint8Array())
		.digest('hex');
}

export const SCENARIOS: readonly Scenario[] = [
	...WELL,
	...DELEGATED,
	...SIGNATURES,
	...EXPIRED,
	...BACKWARDS,
	...MIXED,
	...DAMAGED,
	...WEAK,
];
