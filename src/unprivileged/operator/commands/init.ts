import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '../../../model/error.ts';
import { readAccounts } from '../../../system/accounts.ts';
import type { Settings } from '../../../system/config-file.ts';
import { makeDirectory, replaceDurably } from '../../../system/files.ts';
import { findHole } from '../../../system/ownership.ts';
import { printJson, printLine, tellUnsigned } from '../../../terminal/print.ts';
import { type Given, textOf, textsOf, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { ensureGroup, ensureUser, requireAccountName } from '../init/account.ts';
import { chooseConfig, type GivenChoice, parseTrust } from '../init/choose.ts';
import { type Owners, type Prepared, prepareRoot } from '../init/prepare-root.ts';
import { kindOf } from '../source-kind.ts';
import { readInfo } from '../statuses.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface InitOptions extends GivenChoice, Common {
	readonly dir: string | undefined;
}

const MACHINE_CONFIG = '/etc/signalbox/config.toml';

/** `signalbox init`: makes a root of the directory of an installed release. */
export const init: Subcommand<InitOptions> = {
	name: 'init',
	summary: 'make a root of a directory: layout, configuration, owners and modes',
	args: [['[dir]', 'the directory of an installed release, with its info.json; default: this one']],
	options: [
		['--product <name>', 'names the staging directory; default: the first word of the release’s name'],
		['--source <url>', 'where releases come from: a git repository, or what --kind says'],
		['--kind <kind>', 'git, publisher (a web server) or directory (a stick, a share); default: git'],
		['--channel <name>', 'announces the newest release; with --trust unsigned a branch or tag; default: main'],
		['--trust <mode>', 'how releases are verified: tuf, minisign, ssh or unsigned; there is no default'],
		['--trust-root <file>', 'with tuf: the publisher’s root.json; it is checked, copied beside the configuration, and pinned'],
		['--trust-key <keys...>', 'with minisign and ssh: public keys of the publisher, as the tools print them'],
		['--threshold <number>', 'how many of these keys must have signed a release; default: 1'],
		['--group <name>', 'the group that may ring and read statuses; default: signalbox; only as root'],
		['--fetcher <name>', 'the user who reads the network; default: signalbox-fetcher; only as root'],
		['--state <dir>', 'root’s own directory; default: /var/lib/signalbox'],
	],
	examples: [
		{
			line: 'sudo signalbox init /citadel --kind publisher --source https://example.org/releases --trust tuf --trust-root root.json',
			what: 'releases from a web server, verified from the root that is pinned now',
		},
		{
			line: 'sudo signalbox init /citadel --source https://github.com/runcitadel/core.git --channel stable --trust unsigned',
			what: 'a box that root looks after; configuration in /etc/signalbox/config.toml',
		},
		{
			line: 'signalbox init ~/box --source ~/releases.git --trust unsigned',
			what: 'a root that one ordinary user looks after, with everything in ~/box/.signalbox/',
		},
	],
	parse(given, common) {
		const trust = textOf(given, 'trust');
		const mode = trust === undefined ? undefined : parseTrust(trust);
		if (trust !== undefined && mode === undefined)
			throw usage(`cannot use ${JSON.stringify(trust)} as --trust`, 'say tuf, minisign, ssh or unsigned');
		const group = textOf(given, 'group');
		const fetcher = textOf(given, 'fetcher');
		if (group !== undefined) requireAccountName(group, 'group');
		if (fetcher !== undefined) requireAccountName(fetcher, 'user');
		const words = {
			product: textOf(given, 'product'),
			source: textOf(given, 'source'),
			channel: textOf(given, 'channel'),
			kind: kindOf(given),
		};
		const trusted = {
			trust: mode,
			trustRoot: textOf(given, 'trustRoot'),
			trustKeys: textsOf(given, 'trustKey'),
			threshold: thresholdOf(given),
		};
		return { ...common, ...words, ...trusted, dir: given.args[0], group, fetcher, state: textOf(given, 'state') };
	},
	async run(options, world) {
		if (world.uid !== 0 && (options.group ?? options.fetcher) !== undefined)
			throw usage('cannot give a root to other accounts as an ordinary user', 'run init as root, or leave --group and --fetcher out');
		const root = resolve(world.cwd, options.dir ?? options.root ?? '.');
		const configured = await configure(root, options, world);
		const owners = await ownersOf(configured.settings, world);
		const prepared = [{ path: configured.settings.configFile, what: configured.what }, ...prepareRoot(configured.settings.layout, owners)];
		printPrepared(configured.settings, prepared, options.output, world);
		return EXIT.done;
	},
};

function thresholdOf(given: Given): number | undefined {
	const text = textOf(given, 'threshold');
	if (text === undefined) return undefined;
	if (/^[1-9][0-9]?$/.test(text)) return Number(text);
	throw usage(`cannot use ${JSON.stringify(text)} as --threshold`, 'say a number from 1 on');
}

/** Finds the configuration or writes one. It is written whole or not at all, and never over another. */
async function configure(root: string, options: InitOptions, world: World): Promise<{ settings: Settings; what: Prepared['what'] }> {
	const { readSettings } = await import('../../../system/config-file.ts');
	const info = readInfo({ root, info: join(root, 'info.json') });
	const [file, ...others] = configPlaces(root, options, world);
	const found = [file, ...others].find((path) => existsSync(path));
	if (found !== undefined) return { settings: readSettings(root, found), what: 'kept' };
	const ofRoot = { group: options.group ?? 'signalbox', fetcher: options.fetcher ?? 'signalbox-fetcher' };
	const accounts = world.uid === 0 ? ofRoot : { group: undefined, fetcher: undefined };
	const state = options.state === undefined ? undefined : resolve(world.cwd, options.state);
	const { text, pinned } = await chooseConfig({ ...options, ...accounts, state }, info, dirname(file), world);
	makeDirectory(dirname(file), 0o700);
	// Before the configuration that names it: cut in between, the next init begins anew.
	if (pinned !== undefined) replaceDurably(pinned.path, pinned.bytes);
	replaceDurably(file, text, { mode: 0o600 });
	return { settings: readSettings(root, file), what: 'made' };
}

/** Where a new configuration goes, then where else an older one may be. */
function configPlaces(root: string, options: Common, world: World): readonly [string, ...string[]] {
	const own = join(root, '.signalbox/config.toml');
	if (options.config !== undefined) return [resolve(world.cwd, options.config)];
	return world.uid === 0 ? [MACHINE_CONFIG, own] : [own];
}

async function ownersOf(settings: Settings, world: World): Promise<Owners> {
	if (world.uid !== 0) return { kind: 'user' };
	const group = await ensureGroup(settings.config.group);
	if (group.how === 'made')
		printLine(world.err, `made the system group ${settings.config.group} (gid ${group.id}): its members may ring and read statuses`);
	const { user } = settings.config.fetcher;
	const fetcher = await ensureUser(user);
	if (fetcher.how === 'made')
		printLine(world.err, `made the system user ${user} (uid ${fetcher.id}): it reads the network, and has no rights`);
	const { gid } = readAccounts().userOf(fetcher.id);
	return { kind: 'root', gid: group.id, fetcher: gid, statuses: settings.config.sharedStatuses ? 'shared' : 'ours' };
}

function printPrepared(settings: Settings, prepared: readonly Prepared[], output: Common['output'], world: World): void {
	const { config, layout, configFile } = settings;
	const hole = world.uid === 0 ? findHole(config.triggers.dir ?? layout.triggers, []) : undefined;
	tellUnsigned(world.err, config.trust.mode);
	if (hole !== undefined) printLine(world.err, `WARNING: karen will refuse the triggers of this root: ${hole}`);
	if (output === 'json') {
		printJson(world.out, { root: layout.root, config: configFile, state: layout.state, trust: config.trust.mode, entries: prepared });
		return;
	}
	for (const { path, what } of prepared) printLine(world.out, `${what.padEnd(5)} ${path}`);
	const { url, channel } = config.source;
	printLine(world.out, `${layout.root} takes releases of ${config.product} from ${url}, channel ${channel}, trust ${config.trust.mode}`);
	printLine(world.err, 'next: start ./karen (or signalbox karen), then signalbox check');
}
