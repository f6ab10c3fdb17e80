/** Where everything lies (design, section 2): the root, which the release brings, and the state, which is root's alone. */

export interface Layout {
	readonly root: string;
	readonly info: string;
	readonly events: string;
	readonly signals: string;
	readonly triggers: string;
	readonly statuses: string;
	readonly updateStatus: string;
	/** There while an updater is at work: managers of older systems look for this file before they ask for an update. */
	readonly underWay: string;
	/** Root's own word on the change at hand (model/change/change.ts). */
	readonly changeStatus: string;
	/** The plan as karen last published it (model/release/plan.ts). */
	readonly available: string;
	/** The changes that ended, newest first (model/change/change.ts EndedChange); at most 50. */
	readonly history: string;
	/** Which karen runs: `{schema, pid, startedAt, version, root}`; removed when it ends by itself. */
	readonly karenStatus: string;
	/** `<name>.json` each: what became of a signal (model/signal/signal.ts). */
	readonly signalReports: string;
	readonly hooks: string;
	readonly state: string;
	readonly karenLock: string;
	readonly updateLock: string;
	readonly storeLock: string;
	readonly ledger: string;
	/** The bare git store that stays. */
	readonly store: string;
	/** What root knows of the publisher: verified metadata and manifests. */
	readonly trust: string;
	/** When the source was last verified (model/status/freshness.ts). */
	readonly news: string;
	/** Files of releases by their digest. */
	readonly files: string;
	/** `<change>/journal`, `<change>/logs/`, `<change>/backup/` each. */
	readonly changes: string;
	/** Holds the id of the open change while one is open. */
	readonly currentChange: string;
	/** What is installed, with the manifest it came with. */
	readonly installed: string;
	/** The version that root itself put into the root last. */
	readonly version: string;
	/** The releases that failed here (model/change/failure.ts). */
	readonly failures: string;
	/** The lowest version that may ever be installed here again. */
	readonly floor: string;
	/** Output of triggers, a file a run. */
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
		underWay: `${root}/statuses/update-in-progress`,
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
		news: `${state}/trust/news.json`,
		files: `${state}/files`,
		changes: `${state}/changes`,
		currentChange: `${state}/changes/current`,
		installed: `${state}/installed.json`,
		version: `${state}/version.json`,
		failures: `${state}/failures.json`,
		floor: `${state}/floor.json`,
		triggerLogs: `${state}/triggers`,
		log: `${state}/signalbox.log`,
	};
}
