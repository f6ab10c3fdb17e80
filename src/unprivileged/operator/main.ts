/** The `signalbox` command. */
import { runCommand } from './run.ts';
import { SUBCOMMANDS } from './subcommands.ts';
import { systemWorld } from './world.ts';

process.exitCode = await runCommand(process.argv.slice(2), SUBCOMMANDS, systemWorld());
