/**
 * Publishes the current change in `statuses/` for everybody who may read it: change.json, update-status.json
 * for dashboards of older systems, the history and the plan. These files are reports only: one that cannot be
 * written is logged, and the change goes on.
 */

import { basename, join } from 'node:path';
import type { Withheld } from '../../../engine/plan/failed-releases.ts';
import type { ErrorRecord } from '../../../model/base/error.ts';
import type { JsonObject } from '../../../model/base/json.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type { ChangeStatus, History } from '../../../model/change/change.ts';
import { HISTORY_FILE } from '../../../model/change/history.ts';
import type { Opened } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { Available } from '../../../model/release/plan.ts';
import {
	type LegacyState,
	normalStatus,
	type ReadStatus,
	STATUS_AT_REST,
	UPDATE_STATUS_FILE,
	type UpdateStatus,
} from '../../../model/status/status.ts';
import { type Clock, isoTime } from '../../../system/clock.ts';
import { type Access, replaceDurably, replaceWhole } from '../../../system/files/replace-file.ts';
import { readValue } from '../../../system/files/state-file.ts';
import type { Log } from '../../../system/log.ts';
import type { StatusesAccess } from '../../access/statuses-access.ts';
import type { StatusesDirectory } from '../../access/statuses-directory.ts';
import {
	advanced,
	endedStatus,
	historyEntry,
	initialStatus,
	type Kept,
	type Moment,
	refusedStatus,
} from './change-status.ts';

/** How many ended changes history.json keeps. */
const HISTORY_LENGTH = 50;

/** How often writing a status is tried. */
const TRIES = 3;

export type Publisher = ReturnType<typeof makePublisher>;

export interface PublisherPlace {
	readonly layout: Layout;
	readonly statuses: Pick<StatusesDirectory, 'inside'>;
	readonly access: Pick<StatusesAccess, 'published' | 'shared'>;
}

export function makePublisher({ layout, statuses, access }: PublisherPlace, clock: Clock, log: Log) {
	let present: ChangeStatus | undefined;

	/** Tries again at once, because the final status must not get lost for a passing failure. */
	function write(
		path: string,
		value: object,
		how: typeof replaceWhole,
		who: Access = access.published,
	): void {
		for (let attempt = 1; attempt <= TRIES; attempt += 1) {
			try {
				statuses.inside((at) => how(join(at, basename(path)), `${JSON.stringify(value, null, '\t')}\n`, who));
				return;
			} catch (thrown) {
				log.warn('cannot write a status', { path, attempt, thrown: String(thrown) });
			}
		}
	}

	function writeChange(status: ChangeStatus, how: typeof replaceWhole): void {
		present = status;
		write(layout.changeStatus, status, how);
	}

	/** A final status is written durably, because nothing writes the file again afterwards. */
	function writeLegacy(status: UpdateStatus, further: JsonObject): void {
		const how = status.state === 'installing' ? replaceWhole : replaceDurably;
		write(layout.updateStatus, { ...status, ...further }, how, access.shared);
	}

	function writeLegacyOf(status: ChangeStatus, state: LegacyState): void {
		const updateTo = state === 'installing' ? status.goal : '';
		const { change, step, from, to, trust, at, error } = status;
		const further = {
			change,
			step,
			from,
			to,
			trust,
			at,
			...(error === null ? {} : { error: asJson(error) }),
		};
		writeLegacy(normalStatus(state, status.progress, status.description, updateTo), further);
	}

	function keptOf({ change }: { readonly change: string }): Kept {
		return { backup: join(layout.changes, change, 'backup'), logs: join(layout.changes, change, 'logs') };
	}

	function addToHistory(status: ChangeStatus, outcome: Outcome): void {
		const past = readValue(layout.history, HISTORY_FILE)?.changes ?? [];
		const others = past.filter(({ change }) => change !== status.change);
		const changes = [historyEntry(status, outcome), ...others].slice(0, HISTORY_LENGTH);
		write(layout.history, { schema: 1, changes } satisfies History, replaceDurably);
	}

	return {
		/** A change begins, or is taken over after an interruption. */
		begin(opened: Opened, startedAt: number): void {
			const status = initialStatus(opened, startedAt, clock.now());
			writeChange(status, replaceWhole);
			writeLegacyOf(status, 'installing');
		},
		/** The change makes progress. */
		moment(moment: Moment): void {
			if (present === undefined) return;
			writeChange(advanced(present, moment, clock.now()), replaceWhole);
			writeLegacyOf(present, 'installing');
		},
		/**
		 * A hook wrote update-status.json; change.json follows. The hook's file stays as it is, unless it claims
		 * an end that only root decides.
		 */
		hookSaid({ state, progress, description }: ReadStatus): void {
			if (present === undefined) return;
			const moment = { progress: progress ?? 0, description: description ?? '' };
			writeChange(advanced(present, moment, clock.now()), replaceWhole);
			if (state !== 'installing') writeLegacyOf(present, 'installing');
		},
		/**
		 * The change ended. `follows`: whether another release of the path comes next, so that dashboards must
		 * not report success yet. `withheld`: until when the release is not tried again.
		 */
		end(outcome: Outcome, follows: 'another' | 'nothing', withheld?: Withheld): void {
			if (present === undefined) return;
			const status = endedStatus(present, outcome, { withheld, kept: keptOf(present), now: clock.now() });
			writeChange(status, replaceDurably);
			const success = follows === 'another' ? 'installing' : 'success';
			writeLegacyOf(status, outcome.kind === 'committed' ? success : 'failed');
			addToHistory(status, outcome);
		},
		/** No change began: the request was refused, or there was nothing to do. */
		refuse(error: ErrorRecord, installed: string, trust: string): void {
			const now = clock.now();
			const at = isoTime(now);
			if (error.code === 'up-to-date' || error.code === 'ahead-of-channel') {
				writeLegacy(STATUS_AT_REST, { at });
				return;
			}
			writeLegacy(normalStatus('failed', 100, error.message, ''), { at, error: asJson(error) });
			writeChange(refusedStatus(error, installed, { trust, now }), replaceDurably);
		},
		/** An update was refused because an older change needs attention: that change is shown again. */
		trouble(
			opened: Opened,
			outcome: Extract<Outcome, { kind: 'needs-attention' }>,
			error: ErrorRecord,
		): void {
			const now = clock.now();
			const begun = initialStatus(opened, now, now);
			const ended = endedStatus(begun, outcome, { withheld: undefined, kept: keptOf(opened), now });
			const status = { ...ended, error };
			writeChange(status, replaceDurably);
			writeLegacyOf(status, 'failed');
		},
		available(available: Available): void {
			write(layout.available, available, replaceDurably);
		},
	};
}

/** An error record consists of JSON values only. */
function asJson(error: ErrorRecord): JsonObject {
	return { ...error };
}

/**
 * Reads update-status.json, or returns undefined while it is empty, half written or gone. Trust: others write
 * it too.
 */
export function readUpdateStatus(layout: Layout): ReadStatus | undefined {
	return readValue(layout.updateStatus, UPDATE_STATUS_FILE);
}
