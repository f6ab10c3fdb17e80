/** Threat 26: a verification step fails or gives no answer. No release counts as verified because of it. */
import { createHash } from 'node:crypto';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentPath, manifestPathOf } from '../../../src/model/publication/repository.ts';
import type { Sha256 } from '../../../src/model/release/manifest.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import { tufIndex } from '../../../src/privileged/updater/releases/tuf-index.ts';
import { verifiedReleases } from '../../../src/privileged/updater/releases/verified.ts';
import { writeTree } from '../../../src/privileged/updater/stage/release-tree.ts';
import { transferFrom } from '../../../src/sources/directory/directory.ts';
import { fileContents } from '../../../src/sources/file-contents.ts';
import { directoryMetadata } from '../../../src/sources/metadata.ts';
import { ContentStore } from '../../../src/system/files/content-store.ts';
import { openTuf } from '../../../src/system/tuf/client.ts';
import { tufPolicy } from '../../../src/trust/tuf/policy.ts';
import { makePublisher, type Publisher } from '../../box/sources/publisher.ts';
import { lastingScratch } from '../../scratch.ts';

const TAG = 'v1.1.0' as Tag;
const place = lastingScratch();
let author: Publisher;
beforeAll(async () => {
	author = await makePublisher(join(place.dir, 'author'));
	await author.publish({ version: '1.0.0', requires: '*' });
	await author.publish({ version: '1.1.0', requires: '*' });
});
afterAll(() => place.remove());

type Fault = 'throws' | 'says nothing';

/** Counts all calls of what a verdict stands on, and lets one of them fail. */
class Faults {
	readonly #at: number;
	readonly #fault: Fault;
	calls: string[] = [];

	constructor(at: number, fault: Fault) {
		this.#at = at;
		this.#fault = fault;
	}

	/** Returns the same object, whose functions with these names are counted. */
	around<T extends object>(what: string, object: T, ...names: readonly (keyof T & string)[]): T {
		const counted: readonly (string | symbol)[] = names;
		return new Proxy(object, {
			get: (real, name) => {
				const value: unknown = Reflect.get(real, name);
				if (typeof value !== 'function') return value;
				const act = (...args: readonly unknown[]): unknown => value.apply(real, args);
				return counted.includes(name)
					? (...args: readonly unknown[]) => this.#call(`${what}.${String(name)}`, () => act(...args))
					: act;
			},
		});
	}

	#call(what: string, real: () => unknown): unknown {
		this.calls.push(what);
		if (this.calls.length - 1 !== this.#at) return real();
		if (this.#fault === 'throws') throw new Error(`${what} fails`);
		return undefined;
	}
}

/** Puts the attacker's hook in the place of a signed one. Returns both digests. */
function exchangeHook(stick: string): readonly [signed: string, evil: string] {
	const { files } = JSON.parse(readFileSync(manifestIn(stick), 'utf8')) as {
		files: readonly { path: string; sha256: string }[];
	};
	const signed = files.find(({ path }) => path === 'scripts/update/01-run.sh')?.sha256 ?? '';
	const path = join(stick, contentPath(signed as Sha256));
	const evil = readFileSync(path, 'utf8').replace('bash', 'bAsh');
	writeFileSync(path, evil);
	return [signed, createHash('sha256').update(evil).digest('hex')];
}

/** The manifest too, which then lists the attacker's hook where it lies. */
function exchangeManifest(stick: string): readonly [signed: string, evil: string] {
	const [signed, evil] = exchangeHook(stick);
	const path = manifestIn(stick);
	const manifest = readFileSync(path, 'utf8');
	const forged = manifest.replace(signed, evil);
	writeFileSync(path, forged);
	mkdirSync(dirname(join(stick, contentPath(evil as Sha256))), { recursive: true });
	renameSync(join(stick, contentPath(signed as Sha256)), join(stick, contentPath(evil as Sha256)));
	const digests = [manifest, forged].map((text) => createHash('sha256').update(text).digest('hex'));
	return [digests[0] ?? '', digests[1] ?? ''];
}

/** And the list of releases, which then lists that manifest; its signature is of the one before. */
function exchangeList(stick: string): void {
	const [signed, evil] = exchangeManifest(stick);
	const path = manifestIn(stick);
	renameSync(path, path.replace(signed, evil));
	const name =
		readdirSync(join(stick, 'metadata'))
			.filter((one) => one.endsWith('.targets.json'))
			.sort()
			.at(-1) ?? '';
	const list = join(stick, 'metadata', name);
	writeFileSync(list, readFileSync(list, 'utf8').replace(signed, evil));
}

function manifestIn(stick: string): string {
	const dir = join(stick, 'targets', dirname(manifestPathOf(TAG)));
	return join(dir, readdirSync(dir).find((name) => name.endsWith('signalbox-manifest.json')) ?? '');
}

/** What becomes of the release: `vouched`, with what would be installed, or why not. */
async function goTheWholeWay(stick: string, faults: Faults): Promise<string> {
	const dir = mkdtempSync(join(place.dir, 'box-'));
	const shelved = new Map<Sha256, Uint8Array>();
	const cache = {
		keep: (digest: Sha256, bytes: Uint8Array) => void shelved.set(digest, bytes),
		take: (digest: Sha256) => shelved.get(digest),
		all: () => [...shelved.keys()],
		drop: (digest: Sha256) => void shelved.delete(digest),
	};
	const documents = faults.around('documents', directoryMetadata(stick), 'read');
	const policy = faults.around('policy', tufPolicy, 'metadata', 'target');
	const world = { document: (path: string, limit: number) => documents.read(path, limit), now: Date.now() };
	const tuf = openTuf(join(dir, 'tuf'), readFileSync(author.root), world, policy);
	const { transfer } = faults.around('carrier', { transfer: transferFrom(stick) }, 'transfer');
	const store = new ContentStore(join(dir, 'store'));
	const brought = fileContents({
		store,
		transfer,
		readArchive: async () => undefined,
		now: () => 0,
		beforeTransfer: async () => undefined,
	});
	const releases = verifiedReleases({
		index: faults.around('index', tufIndex(tuf, { product: 'citadel', channel: 'main' }), 'list', 'manifest'),
		contents: faults.around('contents', brought, 'download', 'small', 'read'),
		cache: faults.around('cache', cache, 'keep', 'take'),
		box: { channel: 'main', hardware: undefined },
		where: stick,
		close: async () => tuf.close(),
	});
	try {
		await releases.list();
		const { commit } = await releases.fetch(TAG, () => undefined);
		mkdirSync(join(dir, 'staging'));
		const { manifest } = await writeTree(releases, commit, join(dir, 'staging'), () => undefined);
		const vouched = await releases.verify(commit, manifest);
		return `vouched ${JSON.stringify(vouched)}`;
	} catch (thrown) {
		return `refused: ${thrown}`;
	} finally {
		await releases.close();
	}
}

const CARRIERS: readonly (readonly [string, (stick: string) => void])[] = [
	['exchanged a hook', exchangeHook],
	['exchanged a hook and the manifest', exchangeManifest],
	['exchanged a hook, the manifest and the list of releases', exchangeList],
];

test('without a fault: verifies signed contents, and rejects exchanged ones', async () => {
	const none = () => new Faults(-1, 'throws');
	expect(await goTheWholeWay(author.published, none())).toMatch(/^vouched .*01-run/);
	for (const [what, exchange] of CARRIERS)
		expect(await goTheWholeWay(stickOf(exchange), none()), what).toMatch(/^refused: /);
});

function stickOf(exchange: (stick: string) => void): string {
	const stick = join(mkdtempSync(join(place.dir, 'stick-')), 'published');
	cpSync(author.published, stick, { recursive: true });
	exchange(stick);
	return stick;
}

test.each(CARRIERS)(
	'a carrier that %s, and one fault anywhere: nothing is vouched for',
	{ timeout: 120_000 },
	async (_what, exchange) => {
		const stick = stickOf(exchange);
		for (const fault of ['throws', 'says nothing'] as const)
			await sweep(stick, fault, (end, call) => expect(end, call).toMatch(/^refused: /));
	},
);

test('an honest transport and one fault anywhere: only signed contents are verified', {
	timeout: 120_000,
}, async () => {
	const whole = await goTheWholeWay(author.published, new Faults(-1, 'throws'));
	await sweep(author.published, 'says nothing', (end, call) =>
		expect(end.startsWith('refused: ') || end === whole, `${call}: ${end}`).toBe(true),
	);
});

/** Goes the way once for each call that it makes, with a fault at that one. */
async function sweep(stick: string, fault: Fault, judge: (end: string, call: string) => void): Promise<void> {
	for (let at = 0; ; at += 1) {
		const faults = new Faults(at, fault);
		const end = await goTheWholeWay(stick, faults);
		if (faults.calls.length <= at) return;
		judge(end, `${faults.calls[at]} ${fault}`);
	}
}
