/** Runs the author's part of the `signalbox` command: `signalbox release …`. */
import { runCommand } from '../terminal/run-command.ts';
import { systemWorld } from '../terminal/world.ts';
import { RELEASE } from './program.ts';

// bin/signalbox keeps the word `release` in the arguments, because options may precede it.
const words = process.argv.slice(2);
const at = words.indexOf('release');
process.exitCode = await runCommand(at === -1 ? words : words.toSpliced(at, 1), RELEASE, systemWorld());
