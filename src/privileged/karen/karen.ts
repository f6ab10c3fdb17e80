/** karen: hints in, looks, touches to the runs. She trusts what she sees in the directory, never what woke her. */
import { type ErrorRecord, problem, recordOf } from '../../model/base/error.ts';
import { plainOutput } from '../../model/base/plain-output.ts';
import { readAccounts } from '../../system/access/accounts.ts';
import { type Clock, isoTime } from '../../system/clock.ts';
import type { Settings } from '../../system/files/config-file.ts';
import type { Log } from '../../system/log.ts';
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
import { type Look, SignalScanner } from './watch/scanner.ts';
import type { Looked } from './watch/signals-directory.ts';
import { probeTimeGrain } from './watch/time-grain.ts';

/** Refused names that are told of. */
const NAMES_TOLD = 20;
const NO_LOOK = 'signals could not be looked at';

export class Karen {
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #stayAlone: () => void;
	readonly #ledger: Ledger;
	readonly #scanner: SignalScanner;
	readonly #reports: Reports;
	readonly #runs: Runs;
	readonly #rescan: Rescan;
	readonly #memory = new IdleMemory();
	#settings: Settings;
	#watch: DirectoryWatch | undefined;
	/** What the directory of the signals was at the last look. */
	#directory: 'there' | 'missing' | 'refused' = 'there';

	/**
	 * Opens what lies in the state and in `statuses/`. The caller holds karen's lock; `stayAlone` returns only while that is so, and
	 * is called before anything is answered.
	 */
	constructor(settings: Settings, clock: Clock, log: Log, stayAlone: () => void) {
		const { layout } = settings;
		this.#settings = settings;
		this.#clock = clock;
		this.#log = log;
		this.#stayAlone = stayAlone;
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
			stayAlone,
			memory: this.#memory,
		};
		this.#runs = new Runs(settings, world);
		this.#rescan = new Rescan(() => this.#lookAtAll(), clock);
	}

	/** Takes up what earlier karens left, then looks, and looks whenever something stirs. */
	start(version: string): void {
		const { layout, config } = this.#settings;
		this.#adopt();
		this.#reports.announce({
			schema: 1,
			pid: process.pid,
			startedAt: isoTime(this.#clock.now()),
			version,
			root: layout.root,
		});
		this.#runs.takeUp();
		this.#watch = watchDirectory(layout.signals, {
			hint: (name) => this.#hinted(name),
			lost: (error) =>
				this.#log.problem(recordOf(error), { what: 'signals are not watched, only looked at now and then' }),
		});
		this.#rescan.every(config.signals.rescan);
		this.#lookAtAll();
		this.#memory.worked();
	}

	/** Goes on with other settings. Root and state stay: for others karen has to be restarted. */
	reload(settings: Settings): void {
		const { layout } = this.#settings;
		if (settings.layout.state !== layout.state)
			this.#log.warn('another state directory counts only after a restart');
		this.#settings = { ...settings, layout };
		this.#reports.moveTo(statusesOf(this.#settings));
		this.#runs.reload(this.#settings);
		this.#rescan.every(settings.config.signals.rescan);
		this.#lookAtAll();
	}

	/** Ends all that would keep the process alive. Triggers that run are left alone. */
	stop(): void {
		this.#watch?.close();
		this.#rescan.stop();
		this.#memory.stop();
		this.#runs.close();
		this.#reports.close();
		this.#attempt('the ledger could not be synced', () => this.#ledger.close());
	}

	/** Without a ledger nobody knows what was answered. Signals of older systems lie there for years: none of them runs. */
	#adopt(): void {
		if (this.#ledger.found === 'whole') return;
		if (this.#ledger.found === 'damaged') this.#log.problem(ledgerDamaged(this.#settings.layout.ledger));
		const adopted = this.#scanner.adoptAll();
		this.#ledger.write(adopted.map((one) => ({ ...one, run: null })));
		this.#ledger.sync();
		this.#log.warn('took the signals there are for answered', { signals: adopted.map(({ name }) => name) });
	}

	#hinted(name: string | undefined): void {
		if (name !== undefined) this.#attempt(NO_LOOK, () => this.#found(this.#scanner.lookAt(name)));
		this.#rescan.hint();
	}

	#lookAtAll(): void {
		this.#attempt(NO_LOOK, () => {
			this.#stayAlone();
			this.#watch?.refresh();
			if (this.#directory === 'missing') makeSignals(this.#settings.layout, groupOf(this.#settings));
			this.#found(this.#scanner.lookAtAll());
		});
	}

	#found(looked: Looked<Look>): void {
		if (looked.kind !== 'looked') {
			this.#foundNoDirectory(looked);
			return;
		}
		this.#directory = 'there';
		const { touched, removed, refused, again } = looked.value;
		if (removed.length > 0) this.#runs.removed(removed);
		if (refused.length > 0) this.#refuseNames(refused);
		if (touched.length > 0) this.#runs.touched(touched);
		if (again === 'soon') this.#rescan.hint();
	}

	#foundNoDirectory(looked: Exclude<Looked<Look>, { kind: 'looked' }>): void {
		if (this.#directory === looked.kind) return;
		this.#directory = looked.kind;
		const { signals } = this.#settings.layout;
		const why = looked.kind === 'refused' ? looked.why : `${signals} is not there`;
		this.#log.problem(
			problem(
				'tree-unsafe',
				`cannot hear signals: ${why}`,
				'make it a directory that the group may write to',
				{ facts: { signals } },
			).record,
		);
	}

	#refuseNames(refused: readonly string[]): void {
		const names = refused.slice(-NAMES_TOLD).map((name) => plainOutput(name).replaceAll('\n', '?'));
		const hint =
			'use 1 to 100 letters, digits, dashes, underscores and dots, not starting with one of the last three';
		const { record } = problem(
			'signal-name-refused',
			'cannot answer files whose names are no names of signals',
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

	/** A look that fails is repeated by the slow one; karen goes on. */
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
		`it is set aside as ${path}.damaged; ring again what is still wanted`,
		{
			facts: { path },
		},
	).record;
}
