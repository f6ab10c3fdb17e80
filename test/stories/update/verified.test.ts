/**
 * Signed releases, installed over each transport, and dishonest transports, from which nothing is installed.
 */
import { execFileSync } from 'node:child_process';
import {
	cpSync,
	createReadStream,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode, ExitCode } from '../../../src/model/base/error-codes.ts';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { makePublisher, type Publisher, pinAuthor } from '../../box/sources/publisher.ts';
import { answeringServer } from '../../box/sources/servers.ts';
import { lastingScratch } from '../../scratch.ts';

const V = (version: string): CitadelRelease => ({ version, requires: '>=1.0.0' });

/**
 * Published once: 1.0.0; 1.1.0, which is announced; 1.2.0 as an archive in its own channel. Tests that change
 * it use a copy.
 */
const place = lastingScratch();
let author: Publisher;
beforeAll(async () => {
	author = await makePublisher(join(place.dir, 'author'));
	await author.publish(V('1.0.0'));
	await author.publish(V('1.1.0'));
	await author.publish(V('1.2.0'), '--channel', 'packed', '--archive', 'tar.zst');
});
afterAll(() => place.remove());

/** A box with 1.0.0 that has pinned the author's root. */
function pinned(): Box {
	const box = boxForTest(V('1.0.0'));
	pinAuthor(box, author);
	return box;
}

/** Creates a key with Debian's minisign, and signs with it. */
function minisignKey(dir: string) {
	const [secret, open] = [join(dir, 'minisign.key'), join(dir, 'minisign.pub')];
	execFileSync('minisign', ['-G', '-W', '-s', secret, '-p', open], { stdio: 'ignore' });
	const lines = readFileSync(open, 'utf8').split('\n');
	return {
		// minisign omits leading zeros.
		id: (/key ([0-9A-F]+)$/.exec(lines[0] ?? '')?.[1] ?? '').padStart(16, '0'),
		public: lines[1] ?? '',
		sign(file: string, signature: string): void {
			mkdirSync(dirname(signature), { recursive: true });
			execFileSync('minisign', ['-S', '-W', '-s', secret, '-m', file, '-x', signature], { stdio: 'ignore' });
		},
	};
}

/** Copies the published repository, for tampering. */
function copyIn(box: Box): string {
	cpSync(author.published, join(box.dir, 'stick'), { recursive: true });
	return join(box.dir, 'stick');
}

async function serve(dir: string, asked: string[] = []): Promise<string> {
	const port = await answeringServer((request, response) => {
		asked.push(request.url ?? '');
		const path = join(dir, normalize(decodeURIComponent(request.url ?? '/')));
		if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end();
		response.writeHead(200, { 'content-length': statSync(path).size });
		createReadStream(path).pipe(response);
	});
	return `http://127.0.0.1:${port}`;
}

async function expectInstalled(box: Box, version: string, trust = 'tuf'): Promise<void> {
	const { code } = await box.updater('update');
	expect(box.change(), `it ended with ${code}`).toMatchObject({ state: 'committed', trust, error: null });
	expect(box.version()).toBe(version);
	expect(box.leftovers()).toEqual([]);
}

describe('installs a release signed under the pinned root', () => {
	test('from a directory without network', async () => {
		const box = pinned();
		box.sourceIs({ kind: 'directory', url: author.published });
		await expectInstalled(box, '1.1.0');
	});

	test('from a web server', async () => {
		const box = pinned();
		box.sourceIs({ kind: 'publisher', url: await serve(author.published), probe: true });
		await expectInstalled(box, '1.1.0');
	});

	test('from git, with metadata on a branch and contents in tags', async () => {
		const box = pinned();
		box.publish(V('1.1.0'));
		await author.release(
			'refresh',
			'--key',
			'keys/online.pem',
			'--git',
			'signalbox',
			'--git-repository',
			box.source.dir,
		);
		await expectInstalled(box, '1.1.0');
	});

	test('from git, with metadata from a stick', async () => {
		const box = pinned();
		box.publish(V('1.1.0'));
		box.trustIs(
			'tuf',
			`root = ${JSON.stringify(join(box.dir, 'root.json'))}\nmetadata = ${JSON.stringify(author.published)}\n`,
		);
		await expectInstalled(box, '1.1.0');
	});
});

describe('installs a release that is one archive', () => {
	const manifestOf = (tag: string) =>
		JSON.parse(readFileSync(join(author.published, `releases/${tag}/signalbox-manifest.json`), 'utf8'));
	const digestsOf = (tag: string): readonly string[] =>
		manifestOf(tag).files.map(({ sha256 }: { sha256: string }) => sha256);
	const isKept = (box: Box) =>
		readdirSync(join(box.dir, 'state/files'), { recursive: true })
			.join()
			.includes(manifestOf('v1.2.0').archive.sha256);

	test('from a directory without network', async () => {
		const box = pinned();
		box.sourceIs({ kind: 'directory', url: author.published, channel: 'packed' });
		await expectInstalled(box, '1.2.0');
		expect(isKept(box)).toBe(false);
	});

	test('from a web server, fetching only the archive and info.json', async () => {
		const box = pinned();
		const asked: string[] = [];
		box.sourceIs({ kind: 'publisher', url: await serve(author.published, asked), channel: 'packed' });
		await expectInstalled(box, '1.2.0');
		expect(isKept(box)).toBe(false);
		const digests = asked.flatMap((path) => /^\/files\/..\/(.*)$/.exec(path)?.[1] ?? []);
		// The installed release is fetched too, file by file.
		const old = new Set(digestsOf('v1.0.0'));
		const info = manifestOf('v1.2.0').files.find(({ path }: { path: string }) => path === 'info.json');
		expect(digests.filter((digest) => !old.has(digest)).sort()).toEqual(
			[info.sha256, manifestOf('v1.2.0').archive.sha256].sort(),
		);
	});
});

test('refuses a rollback below the minimum version that the publisher declares', async () => {
	const box = pinned();
	const stick = copyIn(box);
	box.sourceIs({ kind: 'directory', url: stick });
	await expectInstalled(box, '1.1.0');
	const repository = ['--repository', stick];
	await author.release('revoke', '--minimum-safe', '1.1.0', ...repository);
	await author.release('sign', '--key', 'keys/targets.pem', ...repository);
	await author.release('publish', '--key', 'keys/online.pem', ...repository);
	expect((await box.updater('check')).code).not.toBe(4);
	const end = await box.updater('rollback');
	expect({ exit: end.code, code: box.change().error?.code, version: box.version() }).toEqual({
		exit: 3,
		code: 'below-floor',
		version: '1.1.0',
	});
});

test('installs a release signed by a pinned minisign key, without TUF', async () => {
	const box = boxForTest(V('1.0.0'));
	const stick = copyIn(box);
	const key = minisignKey(box.dir);
	key.sign(
		join(stick, 'releases/v1.1.0/signalbox-manifest.json'),
		join(stick, `releases/v1.1.0/signatures/${key.id}.minisig`),
	);
	box.trustIs('minisign', `keys = [${JSON.stringify(key.public)}]\n`);
	box.sourceIs({ kind: 'directory', url: stick });
	await expectInstalled(box, '1.1.0', 'minisign');
	await box.updater('check');
	const { news } = JSON.parse(readFileSync(box.layout.available, 'utf8'));
	expect(news, 'nothing expires, only the age is reported').toMatchObject({ goodUntil: null });
	expect(Date.parse(news.newestSince), 'announced at the update, not later').toBeLessThan(
		Date.parse(news.verifiedAt),
	);
});

describe('installs nothing from a directory with', () => {
	const fileOf = (stick: string, path: string) => {
		const manifest = JSON.parse(readFileSync(join(stick, 'releases/v1.1.0/signalbox-manifest.json'), 'utf8'));
		const { sha256 } = manifest.files.find((file: { path: string }) => file.path === path);
		return join(stick, 'files', sha256.slice(0, 2), sha256);
	};

	test.each<[string, ErrorCode, ExitCode, (stick: string) => void]>([
		[
			'another hook of the same length',
			'content-mismatch',
			3,
			(stick) => {
				const path = fileOf(stick, 'scripts/update/01-run.sh');
				const text = readFileSync(path, 'utf8');
				writeFileSync(path, text.replace('#!/usr/bin/env bash', '#!/usr/bin/env bAsh'));
			},
		],
		['a missing file', 'source-refused', 3, (stick) => rmSync(fileOf(stick, 'scripts/update/01-run.sh'))],
		['no timestamp', 'metadata-missing', 1, (stick) => rmSync(join(stick, 'metadata/timestamp.json'))],
		[
			'a timestamp that is one byte different',
			'metadata-unsigned',
			3,
			(stick) => {
				const path = join(stick, 'metadata/timestamp.json');
				writeFileSync(path, readFileSync(path, 'utf8').replace(/"version":\s*(\d+)/, '"version": 99'));
			},
		],
	])('%s', async (_what, code, exit, tamper) => {
		const box = pinned();
		const stick = copyIn(box);
		tamper(stick);
		box.sourceIs({ kind: 'directory', url: stick });
		const before = box.fingerprint();
		expectNothingChanged(box, before, await box.updater('update'), { code, exit });
		expect(box.version()).toBe('1.0.0');
	});
});
