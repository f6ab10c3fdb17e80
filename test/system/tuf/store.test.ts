/**
 * The store of the TUF client: whatever was torn or lost, the next visit mends it, and the chain starts at
 * the pinned root.
 */
import { execFile } from 'node:child_process';
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { recordOf } from '../../../src/model/base/error.ts';
import { openTuf } from '../../../src/system/tuf/client.ts';
import { lastVerifiedIn, openTufStore } from '../../../src/system/tuf/store.ts';
import { tufPolicy } from '../../../src/trust/tuf/policy.ts';
import { scratch } from '../../scratch.ts';
import { ours } from './clients.ts';
import { newKey, Publisher, time } from './publisher.ts';
import { storedVersion } from './stored.ts';

const MAIN = 'channels/main.json';
const DAY = 86_400_000;

interface Visited {
	readonly dir: string;
	readonly publisher: Publisher;
	readonly factory: Uint8Array;
}

let top = '';
let first: Visited;

beforeAll(async () => {
	top = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
	const publisher = new Publisher();
	publisher.delegate('team', { paths: ['*/*'] });
	publisher.addTarget(MAIN, 'x', 'team');
	for (let n = 0; n < 2; n += 1) publisher.nextRoot(() => publisher.rotate('root', 3, 2));
	publisher.next();
	first = { dir: join(top, 'tuf'), publisher, factory: publisher.factory() };
	expect(await ours(first.dir, publisher, first.factory, MAIN)).toBe('ok');
});

afterAll(() => rmSync(top, { recursive: true, force: true }));

/** A repository with three roots and a delegation, and a store that has seen it all. */
function visited(): Visited {
	const dir = join(scratch(), 'tuf');
	cpSync(first.dir, dir, { recursive: true });
	return { dir, publisher: first.publisher.copy(), factory: first.factory };
}

const FILES = [
	'root.json',
	'timestamp.json',
	'snapshot.json',
	'targets.json',
	'team.json',
	'roots/2.root.json',
	'roots/3.root.json',
	'verified',
];

test('what it holds: what was served, byte for byte, for root alone', () => {
	// Not a copy: its modes count.
	const { dir, publisher } = first;
	const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	expect(names.map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1)).sort()).toEqual(
		[...FILES, 'lock'].sort(),
	);
	expect(readFileSync(join(dir, 'timestamp.json'))).toEqual(publisher.files.get('metadata/timestamp.json'));
	expect(readFileSync(join(dir, 'root.json'))).toEqual(publisher.files.get('metadata/3.root.json'));
	expect(readFileSync(join(dir, 'team.json'))).toEqual(publisher.files.get('metadata/2.team.json'));
	expect(statSync(dir).mode & 0o777).toBe(0o700);
	for (const { parentPath, name } of names) expect(statSync(join(parentPath, name)).mode & 0o777).toBe(0o600);
});

test('no request beyond the protocol’s', async () => {
	const { dir, publisher, factory } = visited();
	expect(await ours(dir, publisher, factory)).toBe('ok');
	expect(publisher.asked).toEqual(['metadata/4.root.json', 'metadata/timestamp.json']);
});

describe.each(FILES)('%s', (file) => {
	test.each<[string, (path: string) => void]>([
		['torn', (path) => truncateSync(path, 10)],
		['empty', (path) => truncateSync(path, 0)],
		['lost', (path) => rmSync(path)],
		[
			'with a bit turned',
			(path) => writeFileSync(path, readFileSync(path, 'latin1').replace('1.0.31', '1.0.32'), 'latin1'),
		],
		[
			'a directory',
			(path) => {
				rmSync(path);
				mkdirSync(path);
			},
		],
		[
			'a link',
			(path) => {
				rmSync(path);
				symlinkSync('/etc/passwd', path);
			},
		],
		['too large', (path) => truncateSync(path, 6_000_000)],
	])('%s: the next visit mends it', async (_, harm) => {
		const { dir, publisher, factory } = visited();
		const before = readFileSync(join(dir, file), 'latin1');
		harm(join(dir, file));
		expect(await ours(dir, publisher, factory, MAIN)).toBe('ok');
		expect(readFileSync(join(dir, file), 'latin1')).toBe(before);
		expect(readFileSync('/etc/passwd', 'latin1')).toContain('root:');
	});
});

test('a store that is lost is built again from the pinned root', async () => {
	const { dir, publisher, factory } = visited();
	rmSync(dir, { recursive: true });
	expect(await ours(dir, publisher, factory, MAIN)).toBe('ok');
	expect(FILES.filter((file) => !existsSync(join(dir, file)))).toEqual([]);
	expect(publisher.asked.slice(0, 3)).toEqual([
		'metadata/2.root.json',
		'metadata/3.root.json',
		'metadata/4.root.json',
	]);
});

test('a store that somebody else filled is worth nothing: the chain starts at the pinned root', async () => {
	const { dir, publisher, factory } = visited();
	const thief = new Publisher();
	thief.addTarget(MAIN, 'evil');
	for (let n = 0; n < 4; n += 1) thief.nextRoot(() => undefined);
	thief.next();
	const foreign = join(scratch(), 'foreign');
	expect(await ours(foreign, thief, thief.factory(), MAIN)).toBe('ok');
	rmSync(dir, { recursive: true });
	cpSync(foreign, dir, { recursive: true });
	expect(await ours(dir, publisher, factory, MAIN)).toBe('ok');
	expect(storedVersion(dir, 'root')).toBe(3);
	expect(readFileSync(join(dir, 'root.json'))).toEqual(publisher.files.get('metadata/3.root.json'));
	expect(existsSync(join(dir, 'roots/5.root.json'))).toBe(false);
});

test('what was seen protects from what is older, after a restart too', async () => {
	const { dir, publisher, factory } = visited();
	const old = new Map(publisher.files);
	publisher.next();
	expect(await ours(dir, publisher, factory)).toBe('ok');
	publisher.files.set('metadata/timestamp.json', old.get('metadata/timestamp.json') ?? new Uint8Array());
	expect(await ours(dir, publisher, factory)).toBe('metadata-rolled-back');
	expect(storedVersion(dir, 'timestamp')).toBe(3);
});

test('a newer pinned root than the store has seen', async () => {
	const { dir, publisher } = visited();
	publisher.nextRoot(() => publisher.rotate('root', 3, 2));
	expect(
		await ours(dir, publisher, publisher.files.get('metadata/4.root.json') ?? new Uint8Array(), MAIN),
	).toBe('ok');
	expect(storedVersion(dir, 'root')).toBe(4);
});

test.each<[string, (factory: string) => string]>([
	['nothing', () => ''],
	['no JSON', () => '<html>'],
	['no root', (factory) => factory.replace('"_type":"root"', '"_type":"timestamp"')],
	['changed', (factory) => factory.replace('"version":1', '"version":2')],
	['unsigned', (factory) => factory.replace(/"signatures":\[[^\]]*\]/, '"signatures":[]')],
])('a pinned root that is %s is told, and nothing is asked for', async (_, change) => {
	const publisher = new Publisher();
	const factory = Buffer.from(change(Buffer.from(publisher.factory()).toString()));
	expect(await ours(join(scratch(), 'tuf'), publisher, factory)).toBe('trust-root-invalid');
	expect(publisher.asked).toEqual([]);
});

describe('time', () => {
	test('the last verification is kept for the floor; a failed one is none', async () => {
		const dir = join(scratch(), 'tuf');
		const publisher = new Publisher();
		expect(lastVerifiedIn(dir)).toBe(0);
		await ours(dir, publisher, publisher.factory(), undefined, publisher.now + 5);
		expect(lastVerifiedIn(dir)).toBe(publisher.now + 5);
		expect(await ours(dir, publisher, publisher.factory(), undefined, publisher.now + 400 * DAY)).toBe(
			'metadata-expired',
		);
		expect(lastVerifiedIn(dir)).toBe(publisher.now + 5);
	});

	test('expiry is judged by the time that is handed in, not by the machine’s clock', async () => {
		const publisher = new Publisher(Date.now() - 5 * 365 * DAY);
		expect(await ours(join(scratch(), 'tuf'), publisher, publisher.factory(), undefined, publisher.now)).toBe(
			'ok',
		);
		expect(await ours(join(scratch(), 'tuf'), publisher, publisher.factory(), undefined, Date.now())).toBe(
			'metadata-expired',
		);
		publisher.timestamp['expires'] = time(publisher.now);
		publisher.publishTimestamp();
		expect(
			await ours(join(scratch(), 'tuf'), publisher, publisher.factory(), undefined, publisher.now + 1000),
		).toBe('metadata-expired');
	});
});

describe('two at once', () => {
	test('the second one waits in vain, and is told', async () => {
		const { dir, publisher, factory } = visited();
		const first = openTuf(dir, factory, publisher.world(), tufPolicy);
		onTestFinished(() => first.close());
		await first.refresh();
		let told = '';
		try {
			openTufStore(dir, 0);
		} catch (thrown) {
			told = recordOf(thrown).code;
		}
		expect(told).toBe('busy');
	});

	test('several processes at once take turns', async () => {
		const { dir, publisher, factory } = visited();
		const [repository, pinned] = [scratch(), join(scratch(), 'root.json')];
		publisher.nextRoot(() => publisher.rotate('root', 3, 2));
		publisher.next();
		writeFileSync(pinned, factory);
		for (const [path, bytes] of publisher.files) {
			mkdirSync(dirname(join(repository, path)), { recursive: true });
			writeFileSync(join(repository, path), bytes);
		}
		const program = join(import.meta.dirname, '../../fixtures/programs/tuf-visit.ts');
		const visits = Array.from({ length: 4 }, () =>
			promisify(execFile)(process.execPath, [program, dir, pinned, repository, String(publisher.now), MAIN], {
				timeout: 100_000,
			}),
		);
		expect((await Promise.all(visits)).map(({ stdout }) => stdout)).toEqual(['ok', 'ok', 'ok', 'ok']);
		expect(storedVersion(dir, 'root')).toBe(4);
		expect(await ours(dir, publisher, factory, MAIN)).toBe('ok');
	});

	test('a client that is closed lets the next one in', async () => {
		const { dir, publisher, factory } = visited();
		openTuf(dir, factory, publisher.world(), tufPolicy).close();
		openTufStore(dir, 0).close();
		expect(await ours(dir, publisher, factory)).toBe('ok');
	});
});

describe('listing the targets', () => {
	async function listed(publisher: Publisher): Promise<readonly string[]> {
		const tuf = openTuf(join(scratch(), 'tuf'), publisher.factory(), publisher.world(), tufPolicy);
		try {
			return await tuf.targets();
		} finally {
			tuf.close();
		}
	}

	test('also those of delegated roles, and none that the walk would not find', async () => {
		const publisher = new Publisher();
		publisher.delegate('team', { paths: ['channels/*'] });
		publisher.delegate('inner', { paths: ['*/*.json'] }, 'team');
		publisher.addTarget('top.json', 'x');
		publisher.addTarget('channels/beta.json', 'x', 'team');
		publisher.addTarget('channels/main.json', 'x', 'inner');
		publisher.addTarget('elsewhere/main.json', 'x', 'inner');
		publisher.next();
		expect(await listed(publisher)).toEqual(['channels/beta.json', 'channels/main.json', 'top.json']);
	});

	test('those of hash bins, where they belong', async () => {
		const publisher = new Publisher();
		publisher.bins(3);
		for (const bin of Object.keys(publisher.delegated))
			for (const name of ['a', 'b', 'c']) publisher.addTarget(name, name, bin);
		publisher.next();
		expect(await listed(publisher)).toEqual(['a', 'b', 'c']);
	});

	test('more roles than are read', async () => {
		const publisher = new Publisher();
		publisher.bins(8);
		publisher.next();
		await expect(listed(publisher)).rejects.toThrow(/more than 256 roles/);
	});
});

test('a name that objects have anyway is no target', async () => {
	const publisher = new Publisher();
	publisher.delegate('team', { paths: ['*'] }, 'targets', newKey());
	publisher.next();
	for (const name of ['constructor', '__proto__', 'toString']) {
		expect(await ours(join(scratch(), 'tuf'), publisher, publisher.factory(), name)).toBe('target-missing');
	}
});

test('what the world throws is passed on as it is', async () => {
	const { problem } = await import('../../../src/model/base/error.ts');
	const publisher = new Publisher();
	for (const failing of [
		'metadata/2.root.json',
		'metadata/timestamp.json',
		'metadata/1.snapshot.json',
		'metadata/1.targets.json',
	]) {
		const { document } = publisher.world();
		const world = {
			now: publisher.now,
			document: (path: string, limit: number) =>
				path === failing
					? Promise.reject(problem('source-unreachable', 'cannot reach the source', 'look at the network'))
					: document(path, limit),
		};
		const tuf = openTuf(join(scratch(), 'tuf'), publisher.factory(), world, tufPolicy);
		await expect(tuf.refresh()).rejects.toMatchObject({ record: { code: 'source-unreachable' } });
		tuf.close();
	}
});

test.each(['root', 'timestamp', 'snapshot', 'targets', 'team'])(
	'what ends first is named: %s',
	async (role) => {
		const { dir, publisher, factory } = visited();
		const at = Date.parse(time(publisher.now + 3 * DAY));
		const [top, document] =
			role === 'team' ? [undefined, publisher.delegated['team']] : [role, publisher[role as 'root']];
		Object.assign(document ?? {}, { expires: time(at) });
		if (top === 'root') publisher.nextRoot(() => undefined);
		publisher.next();
		const world = { document: async (path: string) => publisher.files.get(path), now: publisher.now };
		const tuf = openTuf(dir, factory, world, tufPolicy);
		onTestFinished(() => tuf.close());
		await tuf.targets();
		expect(await tuf.goodUntil()).toEqual({ role, at });
	},
);
