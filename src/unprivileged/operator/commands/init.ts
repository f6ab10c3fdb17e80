import { requireAccountName } from '../../../model/config/account-name.ts';
import { type Given, textOf, textsOf, usage } from '../../../terminal/subcommand.ts';
import type { InitOptions } from '../init/run-init.ts';
import { parseTrust } from '../init/trust-mode.ts';
import { kindOf } from '../source-kind.ts';
import type { Subcommand } from '../subcommand.ts';

/** `signalbox init`: makes the directory of an installed release a root. */
export const init: Subcommand<InitOptions> = {
	name: 'init',
	summary: 'set up or adopt a root: layout, configuration, accounts, owners and modes',
	args: [['[dir]', 'the directory of an installed release, with its info.json; default: the current one']],
	options: [
		['--product <name>', 'names the staging directory; default: the first word of the release’s name'],
		['--source <url>', 'URL or path of the releases, of the kind that --kind names'],
		['--kind <kind>', 'git, publisher (a web server) or directory (a USB stick, a share); default: git'],
		[
			'--channel <name>',
			'the channel that announces the newest release; unsigned: a branch or tag; default: main',
		],
		['--trust <mode>', 'how releases are verified: tuf, minisign, ssh or unsigned; no default'],
		[
			'--trust-root <file>',
			'tuf: the publisher’s root.json; it is checked, copied beside the configuration, and pinned',
		],
		['--trust-key <keys...>', 'minisign, ssh: public keys of the publisher, as the tools print them'],
		['--threshold <number>', 'how many of these keys must sign a release; default: 1'],
		['--group <name>', 'the group that may send signals and read statuses; default: signalbox; only as root'],
		[
			'--fetcher <name>',
			'the user of the fetcher, which reads the network; default: signalbox-fetcher; only as root',
		],
		['--state <dir>', 'the state directory; default: /var/lib/signalbox'],
	],
	examples: [
		{
			line: 'sudo signalbox init /citadel --kind publisher --source https://example.org/releases --trust tuf --trust-root root.json',
			what: 'releases from a web server, verified with the TUF root that is pinned now',
		},
		{
			line: 'sudo signalbox init /citadel --source https://github.com/runcitadel/core.git --channel stable --trust unsigned',
			what: 'a root that belongs to root; configuration in /etc/signalbox/config.toml',
		},
		{
			line: 'signalbox init ~/box --source ~/releases.git --trust unsigned',
			what: 'a root that belongs to one ordinary user; configuration and state in ~/box/.signalbox/',
		},
	],
	parse(given, common) {
		const trust = textOf(given, 'trust');
		const mode = trust === undefined ? undefined : parseTrust(trust);
		if (trust !== undefined && mode === undefined)
			throw usage(`cannot use ${JSON.stringify(trust)} as --trust`, 'use tuf, minisign, ssh or unsigned');
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
		// Loaded on demand: no other command needs it.
		const { runInit } = await import('../init/run-init.ts');
		return await runInit(options, world);
	},
};

function thresholdOf(given: Given): number | undefined {
	const text = textOf(given, 'threshold');
	if (text === undefined) return undefined;
	if (/^[1-9][0-9]?$/.test(text)) return Number(text);
	throw usage(`cannot use ${JSON.stringify(text)} as --threshold`, 'use a number from 1 to 99');
}
