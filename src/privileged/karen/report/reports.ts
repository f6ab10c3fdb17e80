/**
 * Writes karen's files in `statuses/`: the result of each signal, the refused names, and karen's own status.
 */
import type { ErrorRecord } from '../../../model/base/error.ts';
import { recordOf } from '../../../model/base/error.ts';
import type { SignalName, SignalReport } from '../../../model/signal/signal.ts';
import type { Log } from '../../../system/log.ts';
import type { StatusesDirectory } from '../../access/statuses-directory.ts';

/** Milliseconds for which reports are collected, so that a quick trigger gets one report instead of three. */
const COLLECT = 20;
/**
 * Maximum number of reports written at once: replacing a file takes 1 ms or more and blocks the event loop.
 */
const BATCH = 16;

/** `statuses/signals/_refused.json`: the invalid names of the last scan that found any. */
export interface RefusedNames {
	readonly schema: 1;
	/** At most 20, with control characters replaced. */
	readonly names: readonly string[];
	/** How many the scan found. */
	readonly count: number;
	/** ISO 8601 in UTC. */
	readonly at: string;
	readonly error: ErrorRecord;
}

/** `statuses/karen.json`. */
export interface KarenFile {
	readonly schema: 1;
	readonly pid: number;
	readonly startedAt: string;
	readonly version: string;
	readonly root: string;
}

/**
 * Failures to write a report are logged and otherwise ignored: running triggers matters more than reporting.
 */
export class Reports {
	#directory: StatusesDirectory;
	readonly #log: Log;
	readonly #collected = new Map<SignalName | '_refused', SignalReport | RefusedNames>();
	#timer: NodeJS.Timeout | undefined;

	constructor(directory: StatusesDirectory, log: Log) {
		this.#directory = directory;
		this.#log = log;
	}

	/** Sets the directory for further reports, after a reload of the configuration. */
	moveTo(directory: StatusesDirectory): void {
		this.#directory = directory;
	}

	/** Writes a report soon; a later report for the same signal replaces it. */
	put(report: SignalReport): void {
		// Reports are built only for parsed names.
		this.#collect(report.name as SignalName, report);
	}

	refused(names: RefusedNames): void {
		this.#collect('_refused', names);
	}

	announce(karen: KarenFile): void {
		this.#attempt(() => this.#directory.replace('karen.json', karen));
	}

	/** Writes all collected reports and removes `karen.json`. */
	close(): void {
		clearTimeout(this.#timer);
		this.#write(this.#collected.size);
		this.#attempt(() => this.#directory.remove('karen.json'));
	}

	#collect(name: SignalName | '_refused', report: SignalReport | RefusedNames): void {
		this.#collected.set(name, report);
		this.#timer ??= setTimeout(() => this.#writeBatch(), COLLECT);
	}

	#writeBatch(): void {
		this.#write(BATCH);
		this.#timer = this.#collected.size === 0 ? undefined : setTimeout(() => this.#writeBatch(), 0);
	}

	#write(most: number): void {
		const due = new Map([...this.#collected].slice(0, most));
		for (const name of due.keys()) this.#collected.delete(name);
		if (due.size > 0) this.#attempt(() => this.#directory.replaceReports(due));
	}

	#attempt(write: () => void): void {
		try {
			write();
		} catch (thrown) {
			this.#log.problem(recordOf(thrown), { what: 'a status file could not be written' });
		}
	}
}
