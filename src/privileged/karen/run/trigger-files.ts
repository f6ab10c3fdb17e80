/**
 * The files of a run: output and exit file, which outlive karen, and the payload, which is deleted with the
 * run.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { plainOutput } from '../../../model/base/plain-output.ts';
import { makeDirectory } from '../../../system/files/directories.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { OutputFile } from '../../../system/process/output-file.ts';

/** Milliseconds between two checks of the output size while triggers run. */
const POLL = 200;
/** How many outputs of ended runs are kept. */
const KEEP = 20;
/** Bytes of a trigger's output in its report. */
const TAIL = 4096;
/** Contents of an exit file, written by the updater: an exit code and a line end. */
const END = /^(\d{1,3})\n$/;

export class TriggerFiles {
	readonly #directory: string;
	readonly #failed: (thrown: unknown) => void;
	readonly #running = new Map<string, OutputFile>();
	/** Ended runs, oldest first. */
	readonly #ended: string[];
	#timer: NodeJS.Timeout | undefined;

	/**
	 * Creates the directory and removes leftovers of runs that are not in `running`. `failed` receives errors
	 * while output is trimmed or read; the run continues.
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

	/**
	 * Writes the payload of a run to a file that only root can read. Returns its path, or /dev/null if it is
	 * empty.
	 */
	writePayload(run: string, payload: string): string {
		if (payload === '') return '/dev/null';
		const path = this.#payloadPath(run);
		writeFileSync(path, payload, { mode: 0o600, flag: 'wx' });
		return path;
	}

	/** Opens the output of a run and trims it to `limit` bytes while it runs. Returns the descriptor. */
	openOutput(run: string, limit: number): number {
		const output = new OutputFile(this.#logPath(run), limit);
		this.#running.set(run, output);
		this.#timer ??= setInterval(() => this.#trimAll(), POLL);
		return output.fd;
	}

	/** Returns the path of the exit file, which the updater writes because karen may not see its end. */
	endPath(run: string): string {
		return `${this.#directory}/${run}.end`;
	}

	/** Returns the exit code in the exit file, or undefined. */
	reportedExitCode(run: string): number | undefined {
		const read = this.#attempt(() => readSmall(this.endPath(run), 16));
		const code = read?.kind === 'file' ? END.exec(read.bytes.toString('latin1'))?.[1] : undefined;
		return code === undefined ? undefined : Number(code);
	}

	/** Closes and cleans up the files of a run. Returns the tail of its output without control characters. */
	end(run: string): string {
		for (const path of [this.#payloadPath(run), this.endPath(run)])
			this.#attempt(() => rmSync(path, { force: true }));
		const output = this.#running.get(run);
		if (output === undefined) return '';
		this.#running.delete(run);
		if (this.#running.size === 0) this.close();
		const tail = this.#attempt(() => tailOf(output));
		output.close();
		this.#ended.push(run);
		this.#attempt(() => this.#prune());
		return tail ?? '';
	}

	/** Stops trimming. Running triggers can still write their output. */
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

function tailOf(output: OutputFile): string {
	output.trim();
	return plainOutput(output.tail(TAIL));
}
