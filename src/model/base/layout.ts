/**
 * The paths of a box: the root, which the release brings, and the state directory, which only root can read.
 */

export interface Layout {
	readonly root: string;
	readonly info: string;
	readonly events: string;
	readonly signals: string;
	readonly triggers: string;
	readonly statuses: string;
	readonly updateStatus: string;
	/**
	 * The in-progress marker: it exists during a change, and older managers check it before they request an
	 * update.
	 */
	readonly inProgressMarker: string;
	/** Status of the current change, written by root (model/change/change.ts). */
	readonly changeStatus: string;
	/** The plan that was published last (model/release/plan.ts). */
	readonly available: string;
	/** The last 50 ended changes, newest first (EndedChange in model/change/change.ts). */
	readonly history: string;
	/** The running karen: `{schema, pid, startedAt, version, root}`. karen removes it when it ends normally. */
	readonly karenStatus: string;
	/** Directory of the signal reports, `<name>.json` (model/signal/signal.ts). */
	readonly signalReports: string;
	readonly hooks: string;
	readonly state: string;
	readonly karenLock: string;
	readonly updateLock: string;
	readonly storeLock: string;
	readonly ledger: string;
	/** The permanent bare git store. */
	readonly store: string;
	/** Verified metadata and manifests. */
	readonly trust: string;
	/** When the source was last verified (model/status/freshness.ts). */
	readonly freshness: string;
	/** Files of releases, named by their digest. */
	readonly files: string;
	/** For each change: `<change>/journal`, `<change>/logs/` and `<change>/backup/`. */
	readonly changes: string;
	/** Contains the id of the open change, if there is one. */
	readonly currentChange: string;
	/** The installed release with its manifest. */
	readonly installed: string;
	/** The version that root installed last, whatever `info.json` says. */
	readonly version: string;
	/** The failed releases of this box (model/change/failure.ts). */
	readonly failures: string;
	/** The lowest version that may be installed on this box. */
	readonly minimumVersion: string;
	/** Output of triggers, one file per run. */
	readonly triggerLogs: string;
	readonly log: string;
}

export function layoutOf(root: string, state: string): Layout {
	return {
		root,
		info: `${root}/info.json`,
		events: `${root}/events`,
		signals: `${root}/events/signals`,
		triggers: `${root}/events/triggers`,
		statuses: `${root}/statuses`,
		updateStatus: `${root}/statuses/update-status.json`,
		inProgressMarker: `${root}/statuses/update-in-progress`,
		changeStatus: `${root}/statuses/change.json`,
		available: `${root}/statuses/available.json`,
		history: `${root}/statuses/history.json`,
		karenStatus: `${root}/statuses/karen.json`,
		signalReports: `${root}/statuses/signals`,
		hooks: `${root}/scripts/update`,
		state,
		karenLock: `${state}/karen.lock`,
		updateLock: `${state}/update.lock`,
		storeLock: `${state}/store.lock`,
		ledger: `${state}/ledger`,
		store: `${state}/store.git`,
		trust: `${state}/trust`,
		freshness: `${state}/trust/news.json`,
		files: `${state}/files`,
		changes: `${state}/changes`,
		currentChange: `${state}/changes/current`,
		installed: `${state}/installed.json`,
		version: `${state}/version.json`,
		failures: `${state}/failures.json`,
		minimumVersion: `${state}/floor.json`,
		triggerLogs: `${state}/triggers`,
		log: `${state}/signalbox.log`,
	};
}
