/** init as whoever runs the tests: the layout, the configuration, and what is refused. Root's own side: init.root.test.ts. */
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
import { readSettings } from '../../../src/system/files/config-file.ts';
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

/** Everything below the test's own directory, whoever runs it. */
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

/** Writes what says that it is a root of TUF. */
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

describe('a root is made', () => {
	test('with layout, configuration and an empty ledger', async () => {
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

	test('a second time nothing changes, and no configuration is overwritten', async () => {
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

	test('a mode that was changed is set again', async () => {
		await init([...SOURCE, ...KEY]);
		rmSync(join(root, 'statuses/signals'), { recursive: true });
		mkdirSync(join(root, 'statuses/signals'), { mode: 0o777 });
		const ran = await init(['--json']);
		expect(
			(ran.json()['entries'] as object[]).filter((entry) => 'what' in entry && entry.what !== 'kept'),
		).toEqual([{ path: join(root, 'statuses/signals'), what: 'set' }]);
		expect(statSync(join(root, 'statuses/signals')).mode & 0o777).toBe(0o750);
	});

	test('without a DIR it is the present directory, and what was done is printed', async () => {
		const place = ['--config', join(directory, 'c.toml'), '--state', join(directory, 's')];
		const group = process.getuid?.() === 0 ? ['--group', 'root', '--fetcher', 'nobody'] : [];
		const ran = await signalbox(['init', ...place, ...group, ...SOURCE, ...KEY], testWorld({ cwd: root }));
		expect(ran.exit).toBe(0);
		expect(ran.out).toContain(`made  ${join(root, 'events/signals')}\n`);
		expect(ran.out).toContain(
			`${root} takes releases of citadel from https://example.org/core.git, channel main, trust minisign\n`,
		);
		expect(ran.err).toBe('next: start ./karen (or signalbox karen), then signalbox check\n');
	});
});

describe('trust has no default', () => {
	test('without a terminal it is a mistake, which names the choices, and nothing is made', async () => {
		const ran = await init([...SOURCE, '--json']);
		expect(ran.exit).toBe(2);
		const { error } = ran.json() as { error: { code: string; hint: string } };
		expect(error.code).toBe('usage');
		for (const mode of Object.keys(choices)) expect(error.hint).toContain(mode);
		expect(existsSync(join(root, 'events'))).toBe(false);
		expect(existsSync(join(directory, 'etc'))).toBe(false);
	});

	test('at a terminal it is asked', async () => {
		const ran = await init([], { answers: [' https://example.org/core.git ', ' tuf ', ` ${rootFile()} `] });
		expect(ran.exit).toBe(0);
		expect(settings().config).toMatchObject({
			source: { url: 'https://example.org/core.git' },
			trust: { mode: 'tuf' },
		});
		expect(readFileSync(join(directory, 'etc/root.json'))).toEqual(readFileSync(rootFile()));
	});

	test('a root is pinned beside the configuration, and is another file than the one that was given', async () => {
		await init([...SOURCE, '--trust', 'tuf', '--trust-root', rootFile(), '--kind', 'publisher']);
		expect(settings().config).toMatchObject({
			source: { kind: 'publisher' },
			trust: { mode: 'tuf', root: join(directory, 'etc/root.json') },
		});
		expect(statSync(join(directory, 'etc/root.json')).mode & 0o777).toBe(0o600);
	});

	test.each([['maybe'], ['']])('the answer %j is none', async (answer) => {
		expect(await init(SOURCE, { answers: [answer] })).toMatchObject({ exit: 2 });
	});

	test('unsigned is called what it is, loudly, each time', async () => {
		for (const words of [[...SOURCE, '--trust', 'unsigned'], []])
			expect((await init(words)).err).toMatch(/^WARNING: trust is "unsigned": releases are not verified/);
	});
});

describe('what is refused, and then nothing is made', () => {
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
	])('%s where a directory belongs', async (_name, plant) => {
		plant(join(root, 'events'));
		const ran = await init([...SOURCE, ...KEY, '--json']);
		expect(ran.exit).toBe(3);
		expect(ran.json()).toMatchObject({
			error: { code: 'tree-unsafe', facts: { path: join(root, 'events') } },
		});
	});
});

describe('words', () => {
	test.each([
		['Citadel 0.0.7', 'citadel'],
		['Umbrel v0.4.18', 'umbrel'],
		['  my-box  1', 'my-box'],
		['0.4.18', 'signalbox'],
		['Ünïcode', 'signalbox'],
		['', 'signalbox'],
	])('a release called %j is of the product %s', (name, product) => {
		expect(productOf({ name })).toBe(product);
	});

	test.each(Object.values(choices))('the configuration for $mode is one that is understood', (trust) => {
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
