/** The `signalbox` command. */
import { runCommand } from '../../terminal/run-command.ts';
import { systemWorld } from '../../terminal/world.ts';
import { SIGNALBOX } from './subcommands.ts';

process.exitCode = await runCommand(process.argv.slice(2), SIGNALBOX, systemWorld());
