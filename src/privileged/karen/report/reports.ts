/** karen's reports in `statuses/`: what became of each signal, which names were refused, and that she runs. */
import type { ErrorRecord } from '../../../model/base/error.ts';
import { recordOf } from '../../../model/base/error.ts';
import type { SignalName, SignalReport } from '../../../model/signal/signal.ts';
import type { Log } from '../../../system/log.ts';
import type { StatusesDirectory } from '../../access/statuses-directory.ts';

/** Milliseconds for which reports gather: a trigger that is quicker gets one report instead of three. */
const GATHER = 20;
/** Reports written at a stretch; replacing a file takes a millisecond or more, and triggers end meanwhile. */
const AT_A_STRETCH = 16;

/** `statuses/signals/_refused.json`: the names that cannot be signals, the last ones that were seen. */
export interface RefusedNames {
	readonly schema: 1;
	/** Control characters replaced; at most 20. */
	readonly names: readonly string[];
	/** How many there were in that look. */
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

/** A report that cannot be written is logged, and karen goes on: running triggers counts for more than telling of it. */
export class Reports {
	#directory: StatusesDirectory;
	readonly #log: Log;
	readonly #gathered = new Map<SignalName | '_refused', SignalReport | RefusedNames>();
	#timer: NodeJS.Timeout | undefined;

	constructor(directory: StatusesDirectory, log: Log) {
		this.#directory = directory;
		this.#log = log;
	}

	/** From now on reports go there: the configuration was read again. */
	moveTo(directory: StatusesDirectory): void {
		this.#directory = directory;
	}

	/** Writes a report soon; of several for one signal the last one counts. */
	put(report: SignalReport): void {
		// Only names that passed the grammar come here.
		this.#gather(report.name as SignalName, report);
	}

	refused(names: RefusedNames): void {
		this.#gather('_refused', names);
	}

	announce(karen: KarenFile): void {
		this.#attempt(() => this.#directory.replace('karen.json', karen));
	}

	/** Writes all that gathered, and takes the announcement back. */
	close(): void {
		clearTimeout(this.#timer);
		this.#write(this.#gathered.size);
		this.#attempt(() => this.#directory.remove('karen.json'));
	}

	#gather(name: SignalName | '_refused', report: SignalReport | RefusedNames): void {
		this.#gathered.set(name, report);
		this.#timer ??= setTimeout(() => this.#writeStretch(), GATHER);
	}

	#writeStretch(): void {
		this.#write(AT_A_STRETCH);
		this.#timer = this.#gathered.size === 0 ? undefined : setTimeout(() => this.#writeStretch(), 0);
	}

	#write(most: number): void {
		const due = new Map([...this.#gathered].slice(0, most));
		for (const name of due.keys()) this.#gathered.delete(name);
		if (due.size > 0) this.#attempt(() => this.#directory.replaceReports(due));
	}

	#attempt(write: () => void): void {
		try {
			write();
		} catch (thrown) {
			this.#log.problem(recordOf(thrown), { what: 'a status could not be written' });
		}
	}
}
