/** init as the user who runs the tests: layout, configuration and refusals. As root: init.root.test.ts. */
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/model/config/config.ts';
import { STATUS_AT_REST } from '../../../src/model/status/status.ts';
import { readSettings } from '../../../src/system/root/config-file.ts';
import { parseToml } from '../../../src/system/toml.ts';
import { productOf } from '../../../src/unprivileged/operator/init/choose.ts';
import { configText } from '../../../src/unprivileged/operator/init/config-text.ts';
import type { TrustChoice } from '../../../src/unprivileged/operator/init/trust-choice.ts';
import type { TrustMode } from '../../../src/unprivileged/operator/init/trust-mode.ts';
import { type Circumstances, type Ran, signalbox, testWorld } from '../../terminal/test-world.ts';

let directory: string;
let root: string;
beforeEach(() => {
	directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-init-')));
	root = join(directory, 'box');
	mkdirSync(root);
	writeFileSync(
		join(root, 'info.json'),
		'{"version": "0.0.7", "name": "Citadel 0.0.7", "notes": "", "requires": ">=0.0.1"}',
	);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const SOURCE = ['--source', 'https://example.org/core.git'];

/** Keeps everything below the test's directory, for root as well. */
function init(words: readonly string[], circumstances: Circumstances = {}): Promise<Ran> {
	const place = ['--config', join(directory, 'etc/config.toml'), '--state', join(directory, 'state')];
	const group = process.getuid?.() === 0 ? ['--group', 'root', '--fetcher', 'nobody'] : [];
	return signalbox(['init', root, ...place, ...group, ...words], testWorld(circumstances));
}

const KEY = [
	'--trust',
	'minisign',
	'--trust-key',
	'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3',
];

/** Writes a file that claims to be a TUF root. */
function rootFile(): string {
	writeFileSync(join(directory, 'root.json'), '{"signed": {"_type": "root"}, "signatures": []}');
	return join(directory, 'root.json');
}

const choices: Readonly<Record<TrustMode, TrustChoice>> = {
	unsigned: { mode: 'unsigned' },
	tuf: { mode: 'tuf', root: '/etc/signalbox/root "1".json', bytes: Buffer.alloc(0) },
	minisign: { mode: 'minisign', keys: ['RWQ', 'RWR'], threshold: 2 },
	ssh: { mode: 'ssh', keys: ['ssh-ed25519 AAAA "me"'], threshold: 1 },
};

const settings = () => readSettings(root, join(directory, 'etc/config.toml'));

describe('setting up a root', () => {
	test('creates the layout, a configuration and an empty ledger', async () => {
		const ran = await init([...SOURCE, ...KEY, '--channel', 'stable', '--json']);
		expect(ran).toMatchObject({ exit: 0, err: '' });
		expect(ran.json()).toMatchObject({
			root,
			config: join(directory, 'etc/config.toml'),
			state: join(directory, 'state'),
			trust: 'minisign',
		});
		for (const path of ['events/signals', 'events/triggers', 'statuses/signals'])
			expect(statSync(join(root, path)).isDirectory(), path).toBe(true);
		expect(JSON.parse(readFileSync(join(root, 'statuses/update-status.json'), 'utf8'))).toEqual(
			STATUS_AT_REST,
		);
		expect(readFileSync(join(directory, 'state/ledger'), 'utf8')).toBe('');
		expect(statSync(join(directory, 'state')).mode & 0o777).toBe(process.geteuid?.() === 0 ? 0o710 : 0o700);
		expect(statSync(join(directory, 'etc/config.toml')).mode & 0o777).toBe(0o600);
		expect(settings().config).toMatchObject({
			product: 'citadel',
			source: { kind: 'git', url: 'https://example.org/core.git', channel: 'stable' },
			trust: { mode: 'minisign' },
		});
	});

	test('changes nothing the second time, and overwrites no configuration', async () => {
		await init([...SOURCE, ...KEY]);
		const before = readFileSync(join(directory, 'etc/config.toml'), 'utf8');
		writeFileSync(join(root, 'statuses/update-status.json'), '{"state": "failed"}');
		const ran = await init(['--source', 'https://other.example.org/x', '--trust', 'unsigned', '--json']);
		expect(ran.exit).toBe(0);
		expect((ran.json()['entries'] as { what: string }[]).map(({ what }) => what)).toEqual(
			Array(9).fill('kept'),
		);
		expect(readFileSync(join(directory, 'etc/config.toml'), 'utf8')).toBe(before);
		expect(readFileSync(join(root, 'statuses/update-status.json'), 'utf8')).toBe('{"state": "failed"}');
	});

	test('corrects a mode that was changed', async () => {
		await init([...SOURCE, ...KEY]);
		rmSync(join(root, 'statuses/signals'), { recursive: true });
		mkdirSync(join(root, 'statuses/signals'), { mode: 0o777 });
		const ran = await init(['--json']);
		expect(
			(ran.json()['entries'] as object[]).filter((entry) => 'what' in entry && entry.what !== 'kept'),
		).toEqual([{ path: join(root, 'statuses/signals'), what: 'set' }]);
		expect(statSync(join(root, 'statuses/signals')).mode & 0o777).toBe(0o750);
	});

	test('uses the current directory without a DIR, and prints what was done', async () => {
		const place = ['--config', join(directory, 'c.toml'), '--state', join(directory, 's')];
		const group = process.getuid?.() === 0 ? ['--group', 'root', '--fetcher', 'nobody'] : [];
		const ran = await signalbox(['init', ...place, ...group, ...SOURCE, ...KEY], testWorld({ cwd: root }));
		expect(ran.exit).toBe(0);
		expect(ran.out).toContain(`made  ${join(root, 'events/signals')}\n`);
		expect(ran.out).toContain(
			`${root} takes releases of citadel from https://example.org/core.git, channel main, trust minisign\n`,
		);
		expect(ran.err).toBe('Next: start ./karen (or signalbox karen), then run signalbox check.\n');
	});
});

describe('trust has no default', () => {
	test('requires --trust without a terminal, names the choices and creates nothing', async () => {
		const ran = await init([...SOURCE, '--json']);
		expect(ran.exit).toBe(2);
		const { error } = ran.json() as { error: { code: string; hint: string } };
		expect(error.code).toBe('usage');
		for (const mode of Object.keys(choices)) expect(error.hint).toContain(mode);
		expect(existsSync(join(root, 'events'))).toBe(false);
		expect(existsSync(join(directory, 'etc'))).toBe(false);
	});

	test('asks at a terminal', async () => {
		const ran = await init([], { answers: [' https://example.org/core.git ', ' tuf ', ` ${rootFile()} `] });
		expect(ran.exit).toBe(0);
		expect(settings().config).toMatchObject({
			source: { url: 'https://example.org/core.git' },
			trust: { mode: 'tuf' },
		});
		expect(readFileSync(join(directory, 'etc/root.json'))).toEqual(readFileSync(rootFile()));
	});

	test('pins a copy of the TUF root beside the configuration', async () => {
		await init([...SOURCE, '--trust', 'tuf', '--trust-root', rootFile(), '--kind', 'publisher']);
		expect(settings().config).toMatchObject({
			source: { kind: 'publisher' },
			trust: { mode: 'tuf', root: join(directory, 'etc/root.json') },
		});
		expect(statSync(join(directory, 'etc/root.json')).mode & 0o777).toBe(0o600);
	});

	test.each([['maybe'], ['']])('rejects the answer %j', async (answer) => {
		expect(await init(SOURCE, { answers: [answer] })).toMatchObject({ exit: 2 });
	});

	test('warns about unsigned every time', async () => {
		for (const words of [[...SOURCE, '--trust', 'unsigned'], []])
			expect((await init(words)).err).toMatch(/^WARNING: trust is "unsigned": releases are not verified/);
	});
});

describe('refusals, which create nothing', () => {
	test.each<[string, readonly string[], number, string]>([
		['a URL that is an option', ['--source=--upload-pack=x', ...KEY], 2, 'config-invalid'],
		['a channel with a quote', [...SOURCE, ...KEY, '--channel', 'a"b'], 2, 'config-invalid'],
		['a product with a slash', [...SOURCE, ...KEY, '--product', '../x'], 2, 'config-invalid'],
		['a source with a line end', ['--source', 'https://x\u007F', ...KEY], 2, 'usage'],
		['tuf without a root', [...SOURCE, '--trust', 'tuf'], 2, 'usage'],
		[
			'a root that is not there',
			[...SOURCE, '--trust', 'tuf', '--trust-root', '/nowhere/root.json'],
			3,
			'trust-root-invalid',
		],
		[
			'a root that is none',
			[...SOURCE, '--trust', 'tuf', '--trust-root', '/etc/hostname'],
			3,
			'trust-root-invalid',
		],
		['a root for minisign', [...SOURCE, ...KEY, '--trust-root', '/etc/hostname'], 2, 'usage'],
		['minisign without a key', [...SOURCE, '--trust', 'minisign'], 2, 'usage'],
		['a key for unsigned', [...SOURCE, '--trust', 'unsigned', '--trust-key', 'RWQ'], 2, 'usage'],
		['a threshold of none', [...SOURCE, ...KEY, '--threshold', '0'], 2, 'usage'],
		['a threshold that nobody reaches', [...SOURCE, ...KEY, '--threshold', '2'], 2, 'config-invalid'],
		['another kind of source', [...SOURCE, ...KEY, '--kind', 'ftp'], 2, 'usage'],
		['a web server that is a path', ['--source', '/srv', ...KEY, '--kind', 'publisher'], 2, 'config-invalid'],
	])('%s', async (_name, words, exit, code) => {
		const ran = await init([...words, '--json']);
		expect(ran.exit).toBe(exit);
		expect(ran.json()).toMatchObject({ error: { code } });
		expect(existsSync(join(directory, 'etc'))).toBe(false);
		expect(existsSync(join(root, 'events'))).toBe(false);
	});

	test.each<[string, string | undefined, string]>([
		['no info.json', undefined, 'info-missing'],
		['half an info.json', '{"version": "1.', 'info-unreadable'],
		['an info.json without a version', '{"requires": ""}', 'info-unreadable'],
	])('%s', async (_name, info, code) => {
		rmSync(join(root, 'info.json'));
		if (info !== undefined) writeFileSync(join(root, 'info.json'), info);
		const ran = await init([...SOURCE, ...KEY, '--json']);
		expect(ran.exit).toBe(3);
		expect(ran.json()).toMatchObject({ error: { code } });
		expect(existsSync(join(directory, 'etc'))).toBe(false);
	});

	test.each<[string, (path: string) => void]>([
		['a link', (path) => symlinkSync('/tmp', path)],
		['a file', (path) => writeFileSync(path, '')],
	])('refuses %s in the place of a directory', async (_name, plant) => {
		plant(join(root, 'events'));
		const ran = await init([...SOURCE, ...KEY, '--json']);
		expect(ran.exit).toBe(3);
		expect(ran.json()).toMatchObject({
			error: { code: 'tree-unsafe', facts: { path: join(root, 'events') } },
		});
	});
});

describe('the configuration', () => {
	test.each([
		['Citadel 0.0.7', 'citadel'],
		['Umbrel v0.4.18', 'umbrel'],
		['  my-box  1', 'my-box'],
		['0.4.18', 'signalbox'],
		['Ünïcode', 'signalbox'],
		['', 'signalbox'],
	])('takes the product of the release %j to be %s', (name, product) => {
		expect(productOf({ name })).toBe(product);
	});

	test.each(Object.values(choices))('is valid for $mode', (trust) => {
		const more = { kind: 'git', channel: 'c', group: 'g', fetcher: 'f', state: '/s' } as const;
		const choice = { product: 'p', source: '/a "quoted" \\path', trust, ...more };
		const parsed = parseToml(configText(choice));
		const config = parseConfig(parsed.kind === 'toml' ? parsed.value : undefined, 'here');
		expect(config).toMatchObject({
			product: 'p',
			group: 'g',
			fetcher: { user: 'f' },
			state: '/s',
			source: { url: choice.source },
			trust: ((({ bytes: _, ...kept }) => kept) as (some: object & { bytes?: unknown }) => object)(trust),
		});
	});
});
