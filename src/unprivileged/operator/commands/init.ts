import { requireAccountName } from '../../../model/config/account-name.ts';
import { type Given, textOf, textsOf, usage } from '../../../terminal/subcommand.ts';
import type { InitOptions } from '../init/run-init.ts';
import { parseTrust } from '../init/trust-mode.ts';
import { kindOf } from '../source-kind.ts';
import type { Subcommand } from '../subcommand.ts';

/** `signalbox init`: makes a root of the directory of an installed release. */
export const init: Subcommand<InitOptions> = {
	name: 'init',
	summary: 'make a root of a directory: layout, configuration, owners and modes',
	args: [['[dir]', 'the directory of an installed release, with its info.json; default: this one']],
	options: [
		['--product <name>', 'names the staging directory; default: the first word of the release’s name'],
		['--source <url>', 'where releases come from: a git repository, or what --kind says'],
		['--kind <kind>', 'git, publisher (a web server) or directory (a stick, a share); default: git'],
		[
			'--channel <name>',
			'announces the newest release; with --trust unsigned a branch or tag; default: main',
		],
		['--trust <mode>', 'how releases are verified: tuf, minisign, ssh or unsigned; there is no default'],
		[
			'--trust-root <file>',
			'with tuf: the publisher’s root.json; it is checked, copied beside the configuration, and pinned',
		],
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
		return {
			...common,
			...words,
			...trusted,
			dir: given.args[0],
			group,
			fetcher,
			state: textOf(given, 'state'),
		};
	},
	async run(options, world) {
		// Loaded here: no other command needs any of it.
		const { runInit } = await import('../init/run-init.ts');
		return await runInit(options, world);
	},
};

function thresholdOf(given: Given): number | undefined {
	const text = textOf(given, 'threshold');
	if (text === undefined) return undefined;
	if (/^[1-9][0-9]?$/.test(text)) return Number(text);
	throw usage(`cannot use ${JSON.stringify(text)} as --threshold`, 'say a number from 1 on');
}
