/** The subcommands of `signalbox`, in the order of the help: what a new user needs first comes first. */

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
import { type BoundSubcommand, type Common, SIGNALBOX_COMMAND } from './subcommand.ts';

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
	...SIGNALBOX_COMMAND,
	subcommands: SUBCOMMANDS,
};
