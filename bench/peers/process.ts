/** Processes: started so that all of them can be ended, and measured through /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

export interface Running {
	readonly pid: number;
	readonly child: ChildProcess;
	/** Ends the whole process group and waits for its leader. TERM first, KILL after ten seconds. */
	stop(): Promise<void>;
}

/** Starts a program as the leader of a process group; what it prints goes to the file `log`. */
export function start(command: readonly string[], log: string, cwd: string): Running {
	const [program = '', ...args] = command;
	const fd = openSync(log, 'a');
	const child = spawn(program, args, {
		cwd,
		env: cleanEnvironment(),
		detached: true,
		stdio: ['ignore', fd, fd],
	});
	closeSync(fd);
	const ended = new Promise<void>((resolve) => {
		child.once('exit', () => resolve());
		child.once('error', () => resolve());
	});
	const { pid } = child;
	if (pid === undefined) throw new Error(`${program} did not start`);
	return { pid, child, stop: () => stopGroup(pid, ended) };
}

/** Ours without what would change a Node process under test. */
export function cleanEnvironment(): Record<string, string> {
	const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_|VITEST)/.test(name));
	return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

async function stopGroup(pid: number, ended: Promise<void>): Promise<void> {
	killGroup(pid, 'SIGTERM');
	const timer = setTimeout(() => killGroup(pid, 'SIGKILL'), 10_000);
	await ended;
	clearTimeout(timer);
	killGroup(pid, 'SIGKILL');
}

function killGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
	try {
		process.kill(-pid, signal);
	} catch {
		// The group is gone, which is what was wanted.
	}
}

/** Returns the process and all that descend from it. */
function treeOf(pid: number): number[] {
	const children = new Map<number, number[]>();
	for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
		const parent = parentOf(name);
		if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
	}
	const tree = [pid];
	for (const member of tree) tree.push(...(children.get(member) ?? []));
	return tree;
}

function parentOf(pid: string): number | undefined {
	const stat = readProc(`/proc/${pid}/stat`);
	return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Returns how often the threads of the process and its descendants have gone to sleep and come back. */
export function wakeupsOf(pid: number): number {
	const threads = treeOf(pid).flatMap((member) => threadsOf(member));
	return threads.reduce(
		(sum, status) =>
			sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readProc(status) ?? '')?.[1] ?? 0),
		0,
	);
}

function threadsOf(pid: number): string[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/status`);
	} catch {
		return [];
	}
}

export interface Memory {
	/** Megabytes, pages shared with others counted by their share. */
	readonly pss: number;
	/** Megabytes that are this process's alone and written to. */
	readonly private: number;
}

/** Returns the memory of the process and its descendants. */
export function memoryOf(pid: number): Memory {
	const rollups = treeOf(pid).map((member) => readProc(`/proc/${member}/smaps_rollup`) ?? '');
	const total = (field: string) =>
		rollups.reduce(
			(sum, rollup) => sum + Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0),
			0,
		) / 1024;
	return { pss: total('Pss'), private: total('Private_Dirty') };
}

function readProc(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}
