/**
 * The store of the TUF client, broken off at every call that changes it: the next visit must end well, and
 * nothing that was seen is forgotten.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CountedEnd, compileKillat, type Fault, runCounted } from '../../faults/killat/killat.ts';
import { ours } from './clients.ts';
import { Publisher } from './publisher.ts';
import { storedVersion } from './stored.ts';

const VISIT = join(import.meta.dirname, '../../fixtures/programs/tuf-visit.ts');
const MAIN = 'channels/main.json';
const ROLES = ['root', 'timestamp', 'snapshot', 'targets', 'team'];

const publisher = new Publisher();
const factory = publisher.factory();
let top = '';
let killat = '';
let old: Publisher;

const [store, kept, pinned, repository] = ['store', 'kept', 'pinned', 'repository'].map(
	(name) => () => join(top, name),
) as [() => string, () => string, () => string, () => string];

beforeAll(async () => {
	top = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
	killat = compileKillat(top);
	writeFileSync(pinned(), factory);
	publisher.delegate('team', { paths: ['*/*'] });
	publisher.addTarget(MAIN, 'old', 'team');
	publisher.next();
	expect(await ours(kept(), publisher, factory, MAIN)).toBe('ok');
	old = publisher.copy();
	for (let n = 0; n < 2; n += 1) publisher.nextRoot(() => publisher.rotate('root', 3, 2));
	publisher.addTarget(MAIN, 'new', 'team');
	publisher.next();
	for (const [path, bytes] of publisher.files) {
		mkdirSync(dirname(join(repository(), path)), { recursive: true });
		writeFileSync(join(repository(), path), bytes);
	}
});

afterAll(() => rmSync(top, { recursive: true, force: true }));

function visit(fault?: Fault): Promise<CountedEnd> {
	rmSync(store(), { recursive: true, force: true });
	cpSync(kept(), store(), { recursive: true });
	const command = [
		process.execPath,
		VISIT,
		store(),
		pinned(),
		repository(),
		String(publisher.now),
		MAIN,
	] as const;
	const env = {
		PATH: process.env['PATH'] ?? '',
		NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
	};
	const common = { command, cwd: '/', input: '', env, below: [store()], log: join(top, 'run'), limit: 60 };
	return runCounted(killat, fault === undefined ? common : { ...common, fault });
}

/** What must hold however a visit was broken off. */
async function mended(at: number): Promise<void> {
	// Each file is whole, the old one or the new one; and whoever shows the old state now is refused as soon as
	// the new timestamp was kept.
	const versions = ROLES.map((role) => storedVersion(store(), role));
	expect(Math.min(...versions)).toBeGreaterThanOrEqual(1);
	if (at % 3 === 0) {
		const copy = join(top, 'copy');
		cpSync(store(), copy, { recursive: true });
		expect(await ours(copy, old, factory)).toBe(
			storedVersion(store(), 'timestamp') === 3 ? 'metadata-rolled-back' : 'ok',
		);
		rmSync(copy, { recursive: true });
	}
	expect(await ours(store(), publisher, factory, MAIN)).toBe('ok');
	expect(ROLES.map((role) => storedVersion(store(), role))).toEqual([3, 3, 3, 3, 3]);
	expect(readFileSync(join(store(), 'root.json'))).toEqual(publisher.files.get('metadata/3.root.json'));
}

test('killed at every call', { timeout: 600_000 }, async () => {
	const { calls, stdout } = await visit();
	expect(stdout).toBe('ok');
	expect(calls.length).toBeGreaterThan(10);
	for (let at = 1; at <= calls.length; at += 1) {
		expect((await visit({ kind: 'kill', at, when: 'before' })).reached).toBe(true);
		await mended(at);
	}
});

test('with no space left from a call on', { timeout: 600_000 }, async () => {
	const { calls } = await visit();
	for (let at = 1; at <= calls.length; at += 5) {
		const end = await visit({ kind: 'error', at, errno: 'ENOSPC', how: 'on' });
		expect(['ok', 'disk-full']).toContain(end.stdout);
		await mended(at);
	}
});
