/** The demo: `signalbox demo`. */
import { runCommand } from '../terminal/run-command.ts';
import { systemWorld } from '../terminal/world.ts';
import { DEMO } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), DEMO, systemWorld());
