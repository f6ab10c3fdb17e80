/**
 * `npm run picture`: runs the demo in a real terminal and writes docs/demo.svg from what it printed there.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOnTerminal, terminalPicture } from './terminal-picture.ts';

/** The command as the README shows it. */
const COMMAND = 'npm run demo';
const TOP = join(import.meta.dirname, '../..');
/** The demo ends before, on the slowest machine. */
const LIMIT_MS = 240_000;

// The demo then prints its own lines only.
spawnSync(process.execPath, [join(import.meta.dirname, 'build.ts')], { stdio: 'inherit', timeout: LIMIT_MS });
const inTerminal = `stty cols 200 rows 50; npm run --silent demo`;
const ended = spawnSync('script', ['-qec', inTerminal, '/dev/null'], {
	cwd: TOP,
	encoding: 'utf8',
	timeout: LIMIT_MS,
	stdio: ['ignore', 'pipe', 'inherit'],
});
if (ended.status !== 0) {
	process.stderr.write(`${ended.stdout}\ncannot draw the demo: it ended with ${ended.status}\n`);
	process.exit(1);
}
const lines = [`$ ${COMMAND}`, '', ...linesOnTerminal(ended.stdout)];
const file = join(TOP, 'docs/demo.svg');
writeFileSync(file, terminalPicture(lines, 'The demo of Signalbox in a terminal'));
process.stdout.write(`${file}: ${lines.length} lines\n`);
