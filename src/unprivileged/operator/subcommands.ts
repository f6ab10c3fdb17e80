/** The `signalbox` command of a box, with its subcommands in the order of the help: what a newcomer needs first comes first. */

import type { CommandProgram } from '../../terminal/command-line.ts';
import { bind } from '../../terminal/subcommand.ts';
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { karen } from './commands/karen.ts';
import { logs } from './commands/logs.ts';
import { manager } from './commands/manager.ts';
import { release } from './commands/release.ts';
import { resolve } from './commands/resolve.ts';
import { retry } from './commands/retry.ts';
import { rollback } from './commands/rollback.ts';
import { signal } from './commands/signal.ts';
import { status } from './commands/status.ts';
import { update } from './commands/update.ts';
import { type BoundSubcommand, type Common, commonOf } from './subcommand.ts';

const SUBCOMMANDS: readonly BoundSubcommand[] = [
	bind(init),
	bind(karen),
	bind(manager),
	bind(check),
	bind(update),
	bind(retry),
	bind(rollback),
	bind(resolve),
	bind(status),
	bind(history),
	bind(logs),
	bind(signal),
	bind(demo),
	bind(release),
];

export const SIGNALBOX: CommandProgram<Common> = {
	name: 'signalbox',
	description: 'Keeps a self-hosted box up to date, and whole.',
	options: [
		['--root <dir>', 'the root; default: the nearest parent with info.json and events/'],
		['--config <file>', 'the configuration; default: the root’s .signalbox/config.toml, else /etc/signalbox/config.toml'],
	],
	subcommands: SUBCOMMANDS,
	exitCodes: 'Exit codes: 0 done, 1 failed and nothing changed, 2 usage, 3 refused, 4 rolled back, 5 no answer, 6 busy, 7 needs attention.',
	commonOf,
};
