/**
 * The processes of a test's directory: found by their command line, environment and working directory, ended
 * by their pid.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from '../until.ts';

export interface Process {
	readonly pid: number;
	readonly command: string;
}

/** Returns all living processes that name `dir` in any way; the test's own is left out. */
export function processesOf(dir: string): readonly Process[] {
	return livingProcesses().filter(({ pid }) => pid !== process.pid && names(pid, dir));
}

/** Returns all living processes whose command line holds this text. */
export function processesCalled(text: string): readonly Process[] {
	return livingProcesses().filter(({ command }) => command.includes(text));
}

function livingProcesses(): readonly Process[] {
	return readdirSync('/proc').flatMap((name) => {
		const pid = Number(name);
		const command = Number.isInteger(pid) ? read(pid, 'cmdline').replaceAll('\0', ' ').trim() : '';
		return command === '' || stateOf(pid) === 'Z' ? [] : [{ pid, command }];
	});
}

/** Returns the letter of its state: `T` stands still, `Z` is a zombie; empty: there is no such process. */
export function stateOf(pid: number): string {
	const text = read(pid, 'stat');
	return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
}

export function environmentOf(pid: number): string {
	return read(pid, 'environ');
}

export function isAlive(pid: number): boolean {
	return read(pid, 'stat') !== '' && stateOf(pid) !== 'Z';
}

function names(pid: number, dir: string): boolean {
	return (
		read(pid, 'cmdline').includes(dir) ||
		read(pid, 'environ').includes(dir) ||
		workingDirectory(pid).startsWith(dir)
	);
}

function workingDirectory(pid: number): string {
	try {
		return readlinkSync(`/proc/${pid}/cwd`);
	} catch {
		return '';
	}
}

function read(pid: number, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'latin1');
	} catch {
		return '';
	}
}

/** Ends what a test has left running in its directory. */
export async function endProcessesOf(dir: string): Promise<void> {
	await until(`the end of all processes of ${dir}`, () => {
		const left = processesOf(dir);
		for (const { pid } of left) kill(pid);
		return left.length === 0;
	});
}

function kill(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It ended by itself in between.
	}
}
