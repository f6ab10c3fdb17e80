/**
 * The three commands of signalbox-tuf-client, called as by the public conformance suite, with a real server.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { scratch } from '../../../scratch.ts';
import { Publisher } from '../../../system/tuf/publisher.ts';
import { storedVersion } from '../../../system/tuf/stored.ts';

const CLIENT = resolve(import.meta.dirname, '../../../../bin/signalbox-tuf-client');

interface End {
	readonly code: number | null;
	readonly stderr: string;
	/** The requests to the server. */
	readonly asked: readonly string[];
}

interface Place {
	readonly publisher: Publisher;
	readonly metadataDir: string;
	readonly targetDir: string;
	init(root?: Uint8Array): Promise<End>;
	refresh(): Promise<End>;
	download(...names: string[]): Promise<End>;
}

/** A repository on a server, and the two directories of a client. */
async function place(
	answer?: (path: string) => { readonly status: number; readonly location?: string } | undefined,
): Promise<Place> {
	const publisher = new Publisher();
	const asked: string[] = [];
	const server = createServer((request, response) => {
		const path = (request.url ?? '').slice('/repo/'.length);
		asked.push(path);
		const other = answer?.(path);
		const bytes = publisher.files.get(path);
		const status = other?.status ?? (bytes === undefined ? 404 : 200);
		response
			.writeHead(status, other?.location === undefined ? {} : { location: other.location })
			.end(status === 200 ? bytes : '');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo`;
	const top = scratch();
	const [metadataDir, targetDir, root] = [
		join(top, 'metadata'),
		join(top, 'targets'),
		join(top, 'initial.json'),
	];
	for (const dir of [metadataDir, targetDir]) mkdirSync(dir);
	const run = async (...args: string[]): Promise<End> => {
		const child = spawn(CLIENT, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 100_000 });
		let stderr = '';
		child.stderr.on('data', (piece) => (stderr += piece));
		const [code] = (await once(child, 'close')) as [number | null];
		return { code, stderr, asked: asked.splice(0) };
	};
	return {
		publisher,
		metadataDir,
		targetDir,
		init: (bytes = publisher.factory()) => {
			writeFileSync(root, bytes);
			return run('--metadata-dir', metadataDir, 'init', root);
		},
		refresh: () => run('--metadata-url', `${base}/metadata/`, '--metadata-dir', metadataDir, 'refresh'),
		download: (...names) =>
			run(
				...['--metadata-url', `${base}/metadata/`, '--metadata-dir', metadataDir],
				...names.flatMap((name) => ['--target-name', name]),
				...['--target-dir', targetDir, '--target-base-url', `${base}/targets/`, 'download'],
			),
	};
}

function roles(dir: string): readonly string[] {
	return readdirSync(dir).filter((name) => name.endsWith('.json'));
}

test('init sends no request, refresh follows the protocol, and trusted metadata is stored unchanged', async () => {
	const { publisher, metadataDir, init, refresh } = await place();
	expect(await init()).toEqual({ code: 0, stderr: '', asked: [] });
	expect(roles(metadataDir)).toEqual(['root.json']);
	const first = [
		'metadata/2.root.json',
		'metadata/timestamp.json',
		'metadata/1.snapshot.json',
		'metadata/1.targets.json',
	];
	expect(await refresh()).toEqual({ code: 0, stderr: '', asked: first });
	expect(roles(metadataDir)).toEqual(['root.json', 'snapshot.json', 'targets.json', 'timestamp.json']);
	expect(readFileSync(join(metadataDir, 'snapshot.json'))).toEqual(
		publisher.files.get('metadata/1.snapshot.json'),
	);

	publisher.nextRoot(() => publisher.rotate('root', 3, 2));
	expect((await refresh()).asked).toEqual([
		'metadata/2.root.json',
		'metadata/3.root.json',
		'metadata/timestamp.json',
	]);
	expect(storedVersion(metadataDir, 'root')).toBe(2);
	expect((await refresh()).asked).toEqual(['metadata/3.root.json', 'metadata/timestamp.json']);
	expect(await init()).toMatchObject({ code: 0, asked: [] });
	expect((await refresh()).asked).toEqual(['metadata/3.root.json', 'metadata/timestamp.json']);
	expect(storedVersion(metadataDir, 'root')).toBe(2);
}, 300_000);

test('download refreshes once, fetches targets in order, and skips unchanged ones', async () => {
	const { publisher, targetDir, init, download } = await place();
	publisher.delegate('../odd?', { paths: ['*/*'] });
	publisher.addTarget('first.bin', 'one');
	publisher.addTarget('dir/second file.bin', 'two', '../odd?');
	publisher.next();
	for (const [path, bytes] of [...publisher.files]) publisher.put(path.replaceAll(' ', '%20'), bytes);
	await init();
	const asked = (await download('first.bin', 'dir/second file.bin')).asked;
	expect(asked.map((path) => path.replace(/[0-9a-f]{64}/, 'HASH')).slice(4)).toEqual([
		'targets/HASH.first.bin',
		'metadata/2...%2Fodd%3F.json',
		'targets/dir/HASH.second%20file.bin',
	]);
	const files = ['first.bin', 'dir%2Fsecond%20file.bin'].map((name) => join(targetDir, name));
	expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['one', 'two']);

	const before = files.map((file) => statSync(file).mtimeMs);
	expect(await download('first.bin', 'dir/second file.bin')).toMatchObject({
		code: 0,
		asked: ['metadata/2.root.json', 'metadata/timestamp.json'],
	});
	expect(files.map((file) => statSync(file).mtimeMs)).toEqual(before);

	writeFileSync(join(targetDir, 'first.bin'), 'evil');
	expect((await download('first.bin')).asked.length).toBe(3);
	expect(readFileSync(join(targetDir, 'first.bin'), 'utf8')).toBe('one');
}, 300_000);

test('exits with 1 and the reason for a refused target, and leaves no file', async () => {
	const { publisher, metadataDir, targetDir, init, refresh, download } = await place();
	publisher.addTarget('app.bin', 'good');
	publisher.next();
	await init();
	expect(await download('missing.bin')).toMatchObject({
		code: 1,
		stderr: expect.stringContaining('[target-missing]'),
	});
	for (const path of publisher.files.keys())
		if (path.startsWith('targets/')) publisher.put(path, Buffer.from('evil'));
	expect(await download('app.bin')).toMatchObject({
		code: 1,
		stderr: expect.stringContaining('[metadata-mismatch]'),
	});
	expect(readdirSync(targetDir)).toEqual([]);

	publisher.timestamp['expires'] = '2020-01-01T00:00:00Z';
	publisher.next();
	const { code, stderr } = await refresh();
	expect(code).toBe(1);
	expect(stderr).toMatch(
		/timestamp\.json expired at 2020-01-01T00:00:00Z; it is .*\[metadata-expired\]\n {2}hint: /,
	);
	expect(storedVersion(metadataDir, 'timestamp')).toBe(2);
}, 300_000);

test('sends no request without a trusted root', async () => {
	const { metadataDir, init, refresh } = await place();
	expect(await refresh()).toMatchObject({
		code: 1,
		asked: [],
		stderr: expect.stringContaining('[trust-root-invalid]'),
	});
	expect(await init(Buffer.from('{"signed":{"_type":"root"}}'))).toMatchObject({ code: 1, asked: [] });
	expect(existsSync(join(metadataDir, 'root.json'))).toBe(false);
}, 300_000);

test.each<[string, string]>([
	['nothing', ''],
	['a command that is none', '--metadata-dir x frobnicate'],
	['no directory', 'init root.json'],
	['no URL', '--metadata-dir x refresh'],
	[
		'no target',
		'--metadata-dir x --metadata-url http://127.0.0.1/ --target-base-url http://127.0.0.1/ --target-dir y download',
	],
	['an option that is none', '--frob refresh'],
])('prints the usage for %s', async (_, args) => {
	const child = spawn(CLIENT, args.split(' ').filter(Boolean), {
		stdio: ['ignore', 'ignore', 'pipe'],
		timeout: 100_000,
	});
	let stderr = '';
	child.stderr.on('data', (piece) => (stderr += piece));
	expect((await once(child, 'close'))[0]).toBe(1);
	expect(stderr).toMatch(/\[usage\]\n {2}hint: usage: signalbox-tuf-client/);
});

test.each([
	[{ status: 500 }, 'answered 500'],
	[{ status: 302, location: '/elsewhere' }, 'redirect'],
])('reports a server that answers %j', async (answer, why) => {
	const { init, refresh } = await place((path) => (path === 'metadata/timestamp.json' ? answer : undefined));
	await init();
	expect(await refresh()).toMatchObject({
		code: 1,
		stderr: expect.stringMatching(new RegExp(`${why}.*\\[source-unreachable\\]`)),
	});
});
