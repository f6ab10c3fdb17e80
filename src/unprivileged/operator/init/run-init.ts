/** One run of init: writes the configuration, then has setup prepare the root. Safe to run again. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '../../../model/base/error-codes.ts';
import type { MadeAccount, Prepared, SetupRequest } from '../../../model/config/setup.ts';
import { findUntrustedWriter } from '../../../system/access/untrusted-writer.ts';
import { makeDirectory } from '../../../system/files/directories.ts';
import { writePrivateFile } from '../../../system/files/private-file.ts';
import { readSettings, type Settings } from '../../../system/root/config-file.ts';
import { printJson, printLine, warnUnsigned } from '../../../terminal/print.ts';
import { usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { readInfo } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { chooseConfig, type GivenChoice } from './choose.ts';
import { runSetup } from './run-setup.ts';

export interface InitOptions extends GivenChoice, Common {
	readonly dir: string | undefined;
}

const MACHINE_CONFIG = '/etc/signalbox/config.toml';

/** Sets up the root and returns the exit code. Throws `usage`, `config-invalid`, `io-error`. */
export async function runInit(options: InitOptions, world: World): Promise<number> {
	if (world.uid !== 0 && (options.group ?? options.fetcher) !== undefined)
		throw usage(
			'cannot give a root to other accounts as an ordinary user',
			'run init as root, or leave --group and --fetcher out',
		);
	const root = resolve(world.cwd, options.dir ?? options.root ?? '.');
	const { settings, what } = await configure(root, options, world);
	const entries = await runSetup(requestOf(settings, world), (account) => printMade(account, world));
	printPrepared(settings, [{ path: settings.configFile, what }, ...entries], options.output, world);
	return EXIT.done;
}

/** Finds the configuration or writes one, atomically and never over another. */
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
	if (pinned !== undefined) writePrivateFile(pinned.path, pinned.bytes, 0o600);
	writePrivateFile(file, text, 0o600);
	return { settings: readSettings(root, file), what: 'made' };
}

/** Returns the path for a new configuration, then the paths where an older one may be. */
function configPlaces(root: string, options: Common, world: World): readonly [string, ...string[]] {
	const own = join(root, '.signalbox/config.toml');
	if (options.config !== undefined) return [resolve(world.cwd, options.config)];
	return world.uid === 0 ? [MACHINE_CONFIG, own] : [own];
}

function requestOf({ config, layout }: Settings, world: World): SetupRequest {
	const { group, fetcher, sharedStatuses } = config;
	const statuses = sharedStatuses ? 'shared' : 'ours';
	const accounts = world.uid === 0 ? ({ group, fetcher: fetcher.user, statuses } as const) : null;
	return { root: layout.root, state: layout.state, accounts };
}

const PURPOSES = {
	group: 'its members may send signals and read statuses',
	user: 'it runs the fetcher, which reads the network, and has no rights',
} as const;

function printMade({ kind, name, id }: MadeAccount, { err }: World): void {
	printLine(
		err,
		`created the system ${kind} ${name} (${kind === 'group' ? 'gid' : 'uid'} ${id}): ${PURPOSES[kind]}`,
	);
}

function printPrepared(
	settings: Settings,
	prepared: readonly Prepared[],
	output: Common['output'],
	world: World,
): void {
	const { config, layout, configFile } = settings;
	const untrusted =
		world.uid === 0 ? findUntrustedWriter(config.triggers.dir ?? layout.triggers, []) : undefined;
	warnUnsigned(world.err, config.trust.mode);
	if (untrusted !== undefined)
		printLine(world.err, `WARNING: karen will refuse the triggers of this root: ${untrusted}`);
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
	printLine(world.err, 'Next: start ./karen (or signalbox karen), then run signalbox check.');
}
