/** One run of init: the configuration, the accounts, then the root itself. Run again, it keeps what is right. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '../../../model/base/error-codes.ts';
import { readAccounts } from '../../../system/access/accounts.ts';
import { findUntrustedWriter } from '../../../system/access/untrusted-writer.ts';
import { readSettings, type Settings } from '../../../system/files/config-file.ts';
import { makeDirectory, replaceDurably } from '../../../system/files/files.ts';
import { printJson, printLine, tellUnsigned } from '../../../terminal/print.ts';
import { usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { readInfo } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { ensureGroup, ensureUser } from './account.ts';
import { chooseConfig, type GivenChoice } from './choose.ts';
import { type Owners, type Prepared, prepareRoot } from './prepare-root.ts';

export interface InitOptions extends GivenChoice, Common {
	readonly dir: string | undefined;
}

const MACHINE_CONFIG = '/etc/signalbox/config.toml';

/** Makes the root, and returns the exit code. Throws `usage`, `config-invalid`, `io-error`. */
export async function runInit(options: InitOptions, world: World): Promise<number> {
	if (world.uid !== 0 && (options.group ?? options.fetcher) !== undefined)
		throw usage(
			'cannot give a root to other accounts as an ordinary user',
			'run init as root, or leave --group and --fetcher out',
		);
	const root = resolve(world.cwd, options.dir ?? options.root ?? '.');
	const configured = await configure(root, options, world);
	const owners = await ownersOf(configured.settings, world);
	const prepared = [
		{ path: configured.settings.configFile, what: configured.what },
		...prepareRoot(configured.settings.layout, owners),
	];
	printPrepared(configured.settings, prepared, options.output, world);
	return EXIT.done;
}

/** Finds the configuration or writes one. It is written whole or not at all, and never over another. */
async function configure(
	root: string,
	options: InitOptions,
	world: World,
): Promise<{ settings: Settings; what: Prepared['what'] }> {
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
		printLine(
			world.err,
			`made the system group ${settings.config.group} (gid ${group.id}): its members may ring and read statuses`,
		);
	const { user } = settings.config.fetcher;
	const fetcher = await ensureUser(user);
	if (fetcher.how === 'made')
		printLine(
			world.err,
			`made the system user ${user} (uid ${fetcher.id}): it reads the network, and has no rights`,
		);
	const { gid } = readAccounts().userOf(fetcher.id);
	return {
		kind: 'root',
		gid: group.id,
		fetcher: gid,
		statuses: settings.config.sharedStatuses ? 'shared' : 'ours',
	};
}

function printPrepared(
	settings: Settings,
	prepared: readonly Prepared[],
	output: Common['output'],
	world: World,
): void {
	const { config, layout, configFile } = settings;
	const hole = world.uid === 0 ? findUntrustedWriter(config.triggers.dir ?? layout.triggers, []) : undefined;
	tellUnsigned(world.err, config.trust.mode);
	if (hole !== undefined)
		printLine(world.err, `WARNING: karen will refuse the triggers of this root: ${hole}`);
	if (output === 'json') {
		printJson(world.out, {
			root: layout.root,
			config: configFile,
			state: layout.state,
			trust: config.trust.mode,
			entries: prepared,
		});
		return;
	}
	for (const { path, what } of prepared) printLine(world.out, `${what.padEnd(5)} ${path}`);
	const { url, channel } = config.source;
	printLine(
		world.out,
		`${layout.root} takes releases of ${config.product} from ${url}, channel ${channel}, trust ${config.trust.mode}`,
	);
	printLine(world.err, 'next: start ./karen (or signalbox karen), then signalbox check');
}
