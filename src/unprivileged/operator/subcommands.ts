/** All subcommands, in the order of the help: what a newcomer needs first comes first. */
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { karen } from './commands/karen.ts';
import { logs } from './commands/logs.ts';
import { manager } from './commands/manager.ts';
import { resolve } from './commands/resolve.ts';
import { retry } from './commands/retry.ts';
import { rollback } from './commands/rollback.ts';
import { signal } from './commands/signal.ts';
import { status } from './commands/status.ts';
import { update } from './commands/update.ts';
import { type BoundSubcommand, bind } from './subcommand.ts';

export const SUBCOMMANDS: readonly BoundSubcommand[] = [
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
];
