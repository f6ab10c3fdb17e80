/** karen turns watch events into rescans, and touched signals into runs. The files decide, not the events. */
import { type ErrorRecord, problem, recordOf } from '../../model/base/error.ts';
import { plainOutput } from '../../model/base/plain-output.ts';
import { readAccounts } from '../../system/access/accounts.ts';
import { type Clock, isoTime } from '../../system/clock.ts';
import type { Log } from '../../system/log.ts';
import type { Settings } from '../../system/root/config-file.ts';
import { type DirectoryWatch, watchDirectory } from '../../system/watch.ts';
import { statusesAccess } from '../access/statuses-access.ts';
import { StatusesDirectory } from '../access/statuses-directory.ts';
import { IdleMemory } from './idle-memory.ts';
import { Reports } from './report/reports.ts';
import { Runs } from './run/runs.ts';
import { TriggerFiles } from './run/trigger-files.ts';
import { Ledger } from './watch/ledger.ts';
import { makeSignals } from './watch/make-directory.ts';
import { Rescan } from './watch/rescan.ts';
import { type ScanResult, SignalScanner } from './watch/scanner.ts';
import type { DirectoryResult } from './watch/signals-directory.ts';
import { probeTimeGrain } from './watch/time-grain.ts';

/** Maximum number of refused names in the report. */
const MAX_REFUSED_NAMES = 20;
const SCAN_FAILED = 'signals could not be scanned';

export class Karen {
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #exitIfLockLost: () => void;
	readonly #ledger: Ledger;
	readonly #scanner: SignalScanner;
	readonly #reports: Reports;
	readonly #runs: Runs;
	readonly #rescan: Rescan;
	readonly #memory = new IdleMemory();
	#settings: Settings;
	#watch: DirectoryWatch | undefined;
	/** State of the signals directory at the last scan. */
	#directory: 'there' | 'missing' | 'refused' = 'there';

	/**
	 * Opens karen's files in the state directory and in `statuses/`. The caller holds karen's lock;
	 * `exitIfLockLost` returns only while that is true, and is called before any signal is handled.
	 */
	constructor(settings: Settings, clock: Clock, log: Log, exitIfLockLost: () => void) {
		const { layout } = settings;
		this.#settings = settings;
		this.#clock = clock;
		this.#log = log;
		this.#exitIfLockLost = exitIfLockLost;
		this.#ledger = new Ledger(layout.ledger, (thrown) =>
			log.problem(recordOf(thrown), { what: 'the ledger could not be synced' }),
		);
		makeSignals(layout, groupOf(settings));
		const statuses = statusesOf(settings);
		const grain = statuses.inside((at) => probeTimeGrain(layout.signals, at));
		this.#reports = new Reports(statuses, log);
		const entries = this.#ledger.entries();
		const known = entries.flatMap(({ name, stamp }) => (stamp === null ? [] : [{ name, stamp }]));
		this.#scanner = new SignalScanner(layout.signals, known, grain, clock);
		const marks = entries.map(({ run }) => run?.id).filter((id) => id !== undefined);
		const files = new TriggerFiles(layout.triggerLogs, marks, (thrown) =>
			log.problem(recordOf(thrown), { what: 'output of a trigger' }),
		);
		const user = readAccounts().userOf(process.geteuid?.() ?? 0);
		const world = {
			ledger: this.#ledger,
			scanner: this.#scanner,
			reports: this.#reports,
			files,
			clock,
			log,
			user,
			exitIfLockLost,
			memory: this.#memory,
		};
		this.#runs = new Runs(settings, world);
		this.#rescan = new Rescan(() => this.#scan(), clock);
	}

	/** Resumes what an earlier karen left, then scans and starts to watch. */
	start(version: string): void {
		const { layout, config } = this.#settings;
		this.#adoptSignals();
		this.#reports.announce({
			schema: 1,
			pid: process.pid,
			startedAt: isoTime(this.#clock.now()),
			version,
			root: layout.root,
		});
		this.#runs.resume();
		this.#watch = watchDirectory(layout.signals, {
			hint: (name) => this.#onHint(name),
			lost: (error) =>
				this.#log.problem(recordOf(error), {
					what: 'signals are not watched, only rescanned at the slow interval',
				}),
		});
		this.#rescan.every(config.signals.rescan);
		this.#scan();
		this.#memory.worked();
	}

	/** Applies new settings. A new root or state directory needs a restart. */
	reload(settings: Settings): void {
		const { layout } = this.#settings;
		if (settings.layout.state !== layout.state)
			this.#log.warn('a new state directory takes effect only after a restart of karen');
		this.#settings = { ...settings, layout };
		this.#reports.moveTo(statusesOf(this.#settings));
		this.#runs.reload(this.#settings);
		this.#rescan.every(settings.config.signals.rescan);
		this.#scan();
	}

	/** Closes everything that would keep the process alive. Running triggers continue. */
	stop(): void {
		this.#watch?.close();
		this.#rescan.stop();
		this.#memory.stop();
		this.#runs.close();
		this.#reports.close();
		this.#attempt('the ledger could not be synced', () => this.#ledger.close());
	}

	/**
	 * Without a ledger the handled touches are unknown, so no existing signal runs: old systems keep them for
	 * years.
	 */
	#adoptSignals(): void {
		if (this.#ledger.found === 'whole') return;
		if (this.#ledger.found === 'damaged') this.#log.problem(ledgerDamaged(this.#settings.layout.ledger));
		const adopted = this.#scanner.markAllSeen();
		this.#ledger.write(adopted.map((one) => ({ ...one, run: null })));
		this.#ledger.sync();
		this.#log.warn('marked the existing signals as handled', { signals: adopted.map(({ name }) => name) });
	}

	#onHint(name: string | undefined): void {
		if (name !== undefined) this.#attempt(SCAN_FAILED, () => this.#handle(this.#scanner.scanSignal(name)));
		this.#rescan.hint();
	}

	#scan(): void {
		this.#attempt(SCAN_FAILED, () => {
			this.#exitIfLockLost();
			this.#watch?.refresh();
			if (this.#directory === 'missing') makeSignals(this.#settings.layout, groupOf(this.#settings));
			this.#handle(this.#scanner.scan());
		});
	}

	#handle(result: DirectoryResult<ScanResult>): void {
		if (result.kind !== 'value') {
			this.#reportMissingDirectory(result);
			return;
		}
		this.#directory = 'there';
		const { touched, removed, refused, again } = result.value;
		if (removed.length > 0) this.#runs.removed(removed);
		if (refused.length > 0) this.#refuseNames(refused);
		if (touched.length > 0) this.#runs.touched(touched);
		if (again === 'soon') this.#rescan.hint();
	}

	#reportMissingDirectory(result: Exclude<DirectoryResult<ScanResult>, { kind: 'value' }>): void {
		if (this.#directory === result.kind) return;
		this.#directory = result.kind;
		const { signals } = this.#settings.layout;
		const why = result.kind === 'refused' ? result.why : `${signals} does not exist`;
		this.#log.problem(
			problem(
				'tree-unsafe',
				`cannot read signals: ${why}`,
				'make it a directory to which the group can write',
				{ facts: { signals } },
			).record,
		);
	}

	#refuseNames(refused: readonly string[]): void {
		const names = refused.slice(-MAX_REFUSED_NAMES).map((name) => plainOutput(name).replaceAll('\n', '?'));
		const hint =
			'use 1 to 100 letters, digits, dashes, underscores and dots, not starting with one of the last three';
		const { record } = problem(
			'signal-name-refused',
			'cannot handle files in events/signals: their names are not names of signals',
			hint,
			{
				facts: { names, count: refused.length },
			},
		);
		this.#reports.refused({
			schema: 1,
			names,
			count: refused.length,
			at: isoTime(this.#clock.now()),
			error: record,
		});
		this.#log.problem(record);
	}

	/** Logs a failure and continues; the next rescan repeats a failed scan. */
	#attempt(otherwise: string, act: () => void): void {
		try {
			act();
		} catch (thrown) {
			this.#log.problem(recordOf(thrown), { what: otherwise });
		}
	}
}

function groupOf({ config }: Settings): number | undefined {
	return process.geteuid?.() === 0 ? readAccounts().gidOf(config.group) : undefined;
}

function statusesOf({ config, layout }: Settings): StatusesDirectory {
	return new StatusesDirectory(layout, statusesAccess(config), config.sharedStatuses ? 'shared' : 'ours');
}

function ledgerDamaged(path: string): ErrorRecord {
	return problem(
		'state-damaged',
		`cannot trust ${path}: a line in it is damaged`,
		`it was renamed to ${path}.damaged; send again the signals that are still needed`,
		{
			facts: { path },
		},
	).record;
}
