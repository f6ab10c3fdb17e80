/** A root with the real karen, started from the command line. All its processes end with the test. */

import { type ChildProcess, spawn } from 'node:child_process';
import {
	closeSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { REPORT_FILE } from '../../../src/model/signal/report.ts';

import type { SignalReport } from '../../../src/model/signal/signal.ts';
import { stateOf } from '../../box/processes.ts';

export const LAUNCHER = resolve(import.meta.dirname, '../../../karen');

/** Limit of every wait in these tests, in milliseconds. */
const LIMIT = 100_000;

export interface KarenProcess {
	readonly pid: number;
	readonly child: ChildProcess;
	readonly ended: Promise<number | string>;
	/** Sends a signal and waits for the end; returns the exit code or the name of the signal. */
	end(signal: NodeJS.Signals): Promise<number | string>;
}

export interface StartOptions {
	readonly command?: readonly string[];
	readonly cwd?: string;
	readonly env?: Readonly<Record<string, string>>;
	/** Resolve as soon as the process exists. */
	readonly until?: 'watching' | 'started';
}

/** One run of a trigger made by `recording`: start and end in microseconds, and its input. */
export interface Recorded {
	readonly name: string;
	readonly began: number;
	readonly ended: number | undefined;
}

export class KarenBox {
	readonly dir: string = realpathSync(mkdtempSync(join(tmpdir(), 'karen-')));
	readonly root: string = join(this.dir, 'root');
	readonly signals: string = join(this.root, 'events/signals');
	readonly triggers: string = join(this.dir, 'triggers');
	readonly state: string = join(this.dir, 'state');
	readonly config: string = join(this.dir, 'config.toml');
	readonly out: string = join(this.dir, 'out');
	readonly #started: KarenProcess[] = [];

	constructor(lines = '') {
		for (const path of [this.signals, join(this.root, 'statuses'), this.triggers, this.state])
			mkdirSync(path, { recursive: true, mode: 0o700 });
		writeFileSync(
			join(this.root, 'info.json'),
			'{"version": "1.0.0", "name": "Box", "notes": "", "requires": ""}',
		);
		// An empty ledger, as init creates it, so that signals sent before the first start count.
		writeFileSync(join(this.state, 'ledger'), '', { mode: 0o600 });
		this.configure(lines);
	}

	/** Writes the configuration; `lines` follow `[triggers]`. */
	configure(lines: string, before = ''): void {
		const text = `state = "${this.state}"\n${before}\n[source]\nkind = "git"\nurl = "/none"\n[trust]\nmode = "unsigned"\n[signals]\nrescan = "1s"\n[triggers]\ndir = "${this.triggers}"\n${lines}\n`;
		writeFileSync(this.config, text, { mode: 0o600 });
	}

	/** Installs a bash trigger. */
	trigger(name: string, body: string): string {
		const path = join(this.triggers, name);
		writeFileSync(path, `#!/bin/bash\n${body}\n`, { mode: 0o755 });
		return path;
	}

	/** Installs a trigger that records its runs and executes `body`. */
	recording(name: string, body = ''): void {
		const record = (what: string) =>
			`printf '%s %s %s %s\\n' ${what} "$$" "$SIGNALBOX_SIGNAL" "\${EPOCHREALTIME/./}" >> ${this.dir}/runs`;
		this.trigger(name, `${record('began')}\n${body}\n${record('ended')}`);
	}

	/** Returns the recorded runs, sorted by start. */
	runs(name?: string): Recorded[] {
		const lines = readText(join(this.dir, 'runs'))
			.split('\n')
			.map((line) => line.split(' '))
			.filter(([what, , of]) => what !== '' && (name === undefined || of === name));
		return lines
			.filter(([what]) => what === 'began')
			.map((line) => {
				const [, pid, of = '', began] = line;
				// A later run may have the same pid.
				const end = lines
					.slice(lines.indexOf(line))
					.find(([what, other]) => what === 'ended' && other === pid);
				return { name: of, began: Number(began), ended: end === undefined ? undefined : Number(end[3]) };
			});
	}

	/** Sends a signal with a single touch: creating and then writing a file can count as two touches. */
	ring(name: string, payload = 'true'): void {
		this.put(name, (path) => writeFileSync(path, payload));
	}

	/** Creates something outside the signals directory and renames it into the directory. */
	put(name: string, make: (path: string) => void): void {
		const path = join(this.dir, 'put');
		make(path);
		renameSync(path, join(this.signals, name));
	}

	report(name: string): SignalReport | undefined {
		const text = readText(join(this.root, 'statuses/signals', `${name}.json`));
		return text === '' ? undefined : REPORT_FILE.parse(Buffer.from(text));
	}

	/** Waits for a report of this signal that satisfies the condition. */
	reported(name: string, isWanted: (report: SignalReport) => boolean): Promise<SignalReport> {
		return until(
			`a report of ${name}`,
			() => {
				const report = this.report(name);
				return report !== undefined && isWanted(report) ? report : undefined;
			},
			() => JSON.stringify(this.report(name)),
		);
	}

	log(): string {
		return readText(this.out);
	}

	/** Waits until karen's log contains this text the given number of times. */
	logged(text: string, times = 1): Promise<true> {
		return until(
			`${text} in the log`,
			() => this.log().split(text).length > times || undefined,
			() => this.log(),
		);
	}

	async start(options: StartOptions = {}): Promise<KarenProcess> {
		const [program = LAUNCHER, ...args] = options.command ?? [
			LAUNCHER,
			'--root',
			this.root,
			'--config',
			this.config,
		];
		const before = this.log().split('"watching"').length - 1;
		const fd = openSync(this.out, 'a');
		const child = spawn(program, args, {
			cwd: options.cwd ?? this.dir,
			env: { PATH: process.env['PATH'] ?? '', ...options.env },
			stdio: ['ignore', fd, fd],
		});
		closeSync(fd);
		const ended = new Promise<number | string>((done, failed) => {
			child.once('error', failed);
			child.once('exit', (code, signal) => done(code ?? signal ?? 'unknown'));
		});
		const started: KarenProcess = {
			pid: child.pid ?? 0,
			child,
			ended,
			end: (signal) => {
				child.kill(signal);
				return within('karen to end', ended, () => this.log());
			},
		};
		this.#started.push(started);
		if (options.until === 'started') return started;
		const died = ended.then((code) => Promise.reject(new Error(`karen ended with ${code}: ${this.log()}`)));
		// karen may end later; the test does not wait for it.
		died.catch(() => undefined);
		await Promise.race([this.logged('"watching"', before + 1), died]);
		return started;
	}

	/** Ends karen and all processes that it started, and removes the box. */
	async close(): Promise<void> {
		for (const { child } of this.#started) child.kill('SIGKILL');
		await Promise.allSettled(this.#started.map(({ ended }) => ended));
		// The next round finds processes that fork at this moment.
		await until('nothing to be left running', () => this.leftRunning().map(kill).length === 0 || undefined);
		rmSync(this.dir, { recursive: true, force: true });
	}

	/** Returns the processes with this box in their environment: triggers and their descendants. */
	leftRunning(): number[] {
		const mark = `SIGNALBOX_ROOT=${this.root}\0`;
		return readdirSync('/proc')
			.filter((name) => /^\d+$/.test(name) && readText(`/proc/${name}/environ`).includes(mark))
			.map(Number);
	}
}

function kill(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// The process has already ended.
	}
}

/** Calls a function while a process is stopped, then continues the process. */
export async function stopped<T>(pid: number, act: () => T | Promise<T>): Promise<T> {
	process.kill(pid, 'SIGSTOP');
	try {
		await until('the process to stand still', () => stateOf(pid) === 'T' || undefined);
		return await act();
	} finally {
		process.kill(pid, 'SIGCONT');
	}
}

export function readText(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

/** Waits until `look` returns something; fails after the limit and says what stood there. */
export async function until<T>(
	what: string,
	look: () => T | undefined,
	stands: () => string = () => '',
): Promise<T> {
	for (const end = performance.now() + LIMIT; ; ) {
		const found = look();
		if (found !== undefined) return found;
		if (performance.now() > end) throw new Error(`waited in vain for ${what}; there stands ${stands()}`);
		await new Promise((done) => setTimeout(done, 15));
	}
}

async function within<T>(what: string, promise: Promise<T>, stands: () => string): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_done, failed) => {
		timer = setTimeout(
			() => failed(new Error(`waited in vain for ${what}; there stands ${stands()}`)),
			LIMIT,
		);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}
