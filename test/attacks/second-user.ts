/** The attacker: a real second user, who owns nothing but what a test gives him. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { readAccounts } from '../../src/system/access/accounts.ts';

/** nobody: the user that karen's rules for signals let signal when the directory of the signals is his. */
export const MANAGER = 65_534;
export const MANAGERS_GROUP = readAccounts().userOf(MANAGER).gid;

/** The name of the attacker's group. */
export function groupOfManager(): string {
	const lines = readFileSync('/etc/group', 'utf8').split('\n');
	return lines.find((line) => line.split(':')[2] === String(MANAGERS_GROUP))?.split(':')[0] ?? '';
}

const DROP = [`--reuid=${MANAGER}`, `--regid=${MANAGERS_GROUP}`, '--clear-groups'];

/** Runs a line of shell as the attacker, with this input; throws unless it ends with 0. */
export function asManager(line: string, input = ''): void {
	execFileSync('setpriv', [...DROP, 'sh', '-c', line], { input, stdio: ['pipe', 'ignore', 'pipe'] });
}

export interface Racer {
	/** Resolves when it says its first line. */
	readonly running: Promise<void>;
	/** Ends it and returns how many rounds it says that it made. */
	end(): Promise<number>;
}

/**
 * Starts a loop of JavaScript as the attacker in `dir`; `round` is its body, `fs` is there. It is ended with
 * the test.
 */
export function startRacer(dir: string, round: string): Racer {
	const program = `
		const fs = require('node:fs');
		process.chdir(${JSON.stringify(dir)});
		let rounds = 0, goesOn = true;
		process.on('SIGTERM', () => { goesOn = false; });
		const burst = () => {
			for (let n = 0; n < 50; n++, rounds++) { ${round} }
			if (goesOn) setImmediate(burst); else process.stdout.write(String(rounds));
		};
		process.stdout.write('go\\n', burst);`;
	const child = spawn('setpriv', [...DROP, process.execPath, '-e', program], {
		stdio: ['ignore', 'pipe', 'inherit'],
		env: {},
	});
	onTestFinished(() => void child.kill('SIGKILL'));
	return racerOf(child);
}

function racerOf(child: ChildProcess): Racer {
	let said = '';
	child.stdout?.on('data', (piece) => (said += piece));
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	const first = new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
	return {
		running: Promise.race([first, ended]),
		async end() {
			child.kill('SIGTERM');
			await ended;
			return Number(said.split('\n')[1] ?? 0);
		},
	};
}
