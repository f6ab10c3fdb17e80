/** What lies on disk for a run: its output and its end, which outlive karen, and its payload, which goes with the run. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { plainOutput } from '../../../model/base/plain-output.ts';
import { makeDirectory, readSmall } from '../../../system/files/files.ts';
import { OutputFile } from '../../../system/process/output-file.ts';

/** Milliseconds between two looks at what running triggers have printed. None while nothing runs. */
const LOOK = 200;
/** Outputs of ended runs that are kept. */
const KEEP = 20;
/** Bytes of a trigger's output that stand in its report. */
const TAIL = 4096;
/** What our own updater writes as its end: an exit code in a line. */
const END = /^(\d{1,3})\n$/;

export class TriggerFiles {
	readonly #directory: string;
	readonly #failed: (thrown: unknown) => void;
	readonly #running = new Map<string, OutputFile>();
	/** Runs that ended, oldest first. */
	readonly #ended: string[];
	#timer: NodeJS.Timeout | undefined;

	/**
	 * Makes the directory. What earlier karens left of runs that are not among `running` is tidied up. `failed` hears of output
	 * that could not be kept within its limit or read: the run goes on all the same.
	 */
	constructor(directory: string, running: readonly string[], failed: (thrown: unknown) => void) {
		this.#directory = directory;
		this.#failed = failed;
		makeDirectory(directory, 0o700);
		const names = readdirSync(directory).sort();
		const runsOf = (ending: string) =>
			names
				.filter((name) => name.endsWith(ending))
				.map((name) => name.slice(0, -ending.length))
				.filter((run) => !running.includes(run));
		for (const run of runsOf('.payload')) rmSync(this.#payloadPath(run), { force: true });
		for (const run of runsOf('.end')) rmSync(this.endPath(run), { force: true });
		this.#ended = runsOf('.log');
		this.#prune();
	}

	/** Writes the payload of a run to a file that only root reads. Returns its path; nothing is what /dev/null holds. */
	writePayload(run: string, payload: string): string {
		if (payload === '') return '/dev/null';
		const path = this.#payloadPath(run);
		writeFileSync(path, payload, { mode: 0o600, flag: 'wx' });
		return path;
	}

	/** Opens the output of a run and keeps it below `limit` bytes while the run goes on. Returns the descriptor to print to. */
	openOutput(run: string, limit: number): number {
		const output = new OutputFile(this.#logPath(run), limit);
		this.#running.set(run, output);
		this.#timer ??= setInterval(() => this.#trimAll(), LOOK);
		return output.fd;
	}

	/** Returns where the updater writes how a run ended: karen may not be there to see it. */
	endPath(run: string): string {
		return `${this.#directory}/${run}.end`;
	}

	/** Returns the exit code that stands there, or undefined. */
	toldEnd(run: string): number | undefined {
		const read = this.#attempt(() => readSmall(this.endPath(run), 16));
		const told = read?.kind === 'file' ? END.exec(read.bytes.toString('latin1'))?.[1] : undefined;
		return told === undefined ? undefined : Number(told);
	}

	/** Ends the files of a run. Returns the last of what it printed, without control characters. */
	end(run: string): string {
		for (const path of [this.#payloadPath(run), this.endPath(run)])
			this.#attempt(() => rmSync(path, { force: true }));
		const output = this.#running.get(run);
		if (output === undefined) return '';
		this.#running.delete(run);
		if (this.#running.size === 0) this.close();
		const tail = this.#attempt(() => lastOf(output));
		output.close();
		this.#ended.push(run);
		this.#attempt(() => this.#prune());
		return tail ?? '';
	}

	/** Stops looking. Triggers that run go on printing. */
	close(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#trimAll(): void {
		for (const output of this.#running.values()) this.#attempt(() => output.trim());
	}

	#attempt<T>(act: () => T): T | undefined {
		try {
			return act();
		} catch (thrown) {
			this.#failed(thrown);
			return undefined;
		}
	}

	#prune(): void {
		for (const run of this.#ended.splice(0, Math.max(0, this.#ended.length - KEEP)))
			rmSync(this.#logPath(run), { force: true });
	}

	#logPath(run: string): string {
		return `${this.#directory}/${run}.log`;
	}

	#payloadPath(run: string): string {
		return `${this.#directory}/${run}.payload`;
	}
}

function lastOf(output: OutputFile): string {
	output.trim();
	return plainOutput(output.tail(TAIL));
}
