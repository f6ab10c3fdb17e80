/** The author’s half of the `signalbox` command: `signalbox release …`. */
import { runCommand } from '../terminal/run-command.ts';
import { systemWorld } from '../terminal/world.ts';
import { RELEASE } from './program.ts';

// bin/signalbox leaves the word that led here where it stands: options may come before it.
const words = process.argv.slice(2);
const at = words.indexOf('release');
process.exitCode = await runCommand(at === -1 ? words : words.toSpliced(at, 1), RELEASE, systemWorld());
