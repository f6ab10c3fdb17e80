/**
 * Root's word on the change at hand, for everybody who may read `statuses/`. It is a report and never a truth: a status
 * that cannot be written is logged, and the change goes on.
 */

import { basename, join } from 'node:path';
import type { Withheld } from '../../../engine/plan/failed-releases.ts';
import type { ErrorRecord } from '../../../model/base/error.ts';
import type { JsonObject } from '../../../model/base/json.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type {
	ChangeKind,
	ChangeState,
	ChangeStatus,
	EndedChange,
	History,
} from '../../../model/change/change.ts';
import { HISTORY_FILE } from '../../../model/change/history.ts';
import type { Opened } from '../../../model/change/journal.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { StepId } from '../../../model/change/step.ts';
import type { Available } from '../../../model/release/plan.ts';
import {
	type LegacyState,
	type ReadStatus,
	STATUS_AT_REST,
	tidyDescription,
	tidyStatus,
	UPDATE_STATUS_FILE,
	type UpdateStatus,
} from '../../../model/status/status.ts';
import { type Clock, isoTime } from '../../../system/clock.ts';
import { type Access, replaceDurably, replaceWhole } from '../../../system/files/files.ts';
import { readValue } from '../../../system/files/state-file.ts';
import type { Log } from '../../../system/log.ts';
import type { StatusesAccess } from '../../access/statuses-access.ts';
import type { StatusesDirectory } from '../../access/statuses-directory.ts';

/** How many ended changes history.json keeps. */
const HISTORY_LENGTH = 50;

/** What the present moment of a change looks like. */
export interface Moment {
	readonly state: ChangeState;
	readonly step: StepId | null;
	/** 1 to 99; lower than before counts as before. */
	readonly progress: number;
	readonly description: string;
}

/** How often a status is written until it is. */
const TRIES = 3;

export type Publisher = ReturnType<typeof makePublisher>;

export interface PublisherPlace {
	readonly layout: Layout;
	readonly statuses: Pick<StatusesDirectory, 'inside'>;
	readonly access: Pick<StatusesAccess, 'published' | 'shared'>;
}

export function makePublisher({ layout, statuses, access }: PublisherPlace, clock: Clock, log: Log) {
	let present: ChangeStatus | undefined;

	/** A status that cannot be written must not stop a change; one that could be written a moment later must not stay untold. */
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

	/** An end stays told: after it nobody writes the file again. */
	function writeLegacy(status: UpdateStatus, further: JsonObject): void {
		const how = status.state === 'installing' ? replaceWhole : replaceDurably;
		write(layout.updateStatus, { ...status, ...further }, how, access.shared);
	}

	function legacyOf(status: ChangeStatus, state: LegacyState): void {
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
		writeLegacy(tidyStatus(state, status.progress, status.description, updateTo), further);
	}

	return {
		/** A change begins, or is taken over after a cut. */
		begin(opened: Opened, startedAt: number): void {
			const status = initialStatus(opened, startedAt, clock.now());
			writeChange(status, replaceWhole);
			legacyOf(status, 'installing');
		},
		/** The change goes on. */
		moment(moment: Moment): void {
			if (present === undefined) return;
			const progress = Math.min(99, Math.max(present.progress, moment.progress));
			const description = tidyDescription(moment.description) || present.description;
			writeChange({ ...present, ...moment, progress, description, at: isoTime(clock.now()) }, replaceWhole);
			legacyOf(present, 'installing');
		},
		/**
		 * A hook wrote a status of its own: root's word follows. The hook's file stays as it is, unless it claims an end
		 * that is not the hook's to tell.
		 */
		hookSaid(said: ReadStatus): void {
			if (present === undefined) return;
			const progress = Math.min(99, Math.max(present.progress, Math.floor(said.progress ?? 0)));
			const description = tidyDescription(said.description ?? '') || present.description;
			writeChange({ ...present, progress, description, at: isoTime(clock.now()) }, replaceWhole);
			if (said.state !== 'installing') legacyOf(present, 'installing');
		},
		/**
		 * The change ended. `follows`: the path asked for goes on, so that dashboards must not report success yet. `withheld`: until
		 * when the release is left alone.
		 */
		end(outcome: Outcome, follows: 'another' | 'nothing', withheld?: Withheld): void {
			if (present === undefined) return;
			const at = isoTime(clock.now());
			const error = errorOf(outcome);
			const description = sentenceOf(outcome, present.kind);
			writeChange(
				{
					...present,
					state: stateOf(outcome),
					step: null,
					progress: 100,
					description,
					at,
					endedAt: at,
					outcome,
					error,
					next: nextOf(outcome, withheld),
					...(outcome.kind === 'needs-attention' ? { kept: keptIn(present) } : {}),
				},
				replaceDurably,
			);
			legacyOf(
				present,
				outcome.kind !== 'committed' ? 'failed' : follows === 'another' ? 'installing' : 'success',
			);
			addToHistory(present, outcome);
		},
		/** Nothing was begun: the request was refused, or there was nothing to do. */
		refuse(error: ErrorRecord, installed: string, trust: string): void {
			const at = isoTime(clock.now());
			const nothingToDo = error.code === 'up-to-date' || error.code === 'ahead-of-channel';
			if (nothingToDo) {
				writeLegacy(STATUS_AT_REST, { at });
				return;
			}
			writeLegacy(tidyStatus('failed', 100, error.message, ''), { at, error: asJson(error) });
			const none = {
				step: null,
				from: installed,
				to: installed,
				goal: installed,
				trust,
				startedAt: at,
				at,
				endedAt: at,
				outcome: null,
			};
			const status: ChangeStatus = {
				schema: 1,
				change: '',
				kind: 'update',
				state: 'failed',
				progress: 100,
				description: error.message,
				...none,
				error,
				next: error.hint,
			};
			writeChange(status, replaceDurably);
		},
		/** An update was refused because of an older change that needs attention: that change stays what is shown. */
		trouble(
			opened: Opened,
			outcome: Extract<Outcome, { kind: 'needs-attention' }>,
			error: ErrorRecord,
		): void {
			const now = clock.now();
			const at = isoTime(now);
			const ended = { state: 'needs-attention', progress: 100, at, endedAt: at } as const;
			const description = sentenceOf(outcome, opened.kind);
			const told = { outcome, error, next: nextOf(outcome, undefined), kept: keptIn(opened) };
			const status = { ...initialStatus(opened, now, now), ...ended, ...told, description };
			writeChange(status, replaceDurably);
			legacyOf(status, 'failed');
		},
		available(available: Available): void {
			write(layout.available, available, replaceDurably);
		},
	};

	function keptIn({ change }: { readonly change: string }): NonNullable<ChangeStatus['kept']> {
		return { backup: join(layout.changes, change, 'backup'), logs: join(layout.changes, change, 'logs') };
	}

	function addToHistory(status: ChangeStatus, outcome: Outcome): void {
		const { change, kind, from, to, trust, startedAt, error } = status;
		const ended: EndedChange = {
			change,
			kind,
			from,
			to,
			outcome: outcome.kind,
			error,
			trust,
			startedAt,
			endedAt: status.at,
		};
		const past = readValue(layout.history, HISTORY_FILE)?.changes ?? [];
		const known = past.filter((one) => one.change !== change);
		const history: History = { schema: 1, changes: [ended, ...known].slice(0, HISTORY_LENGTH) };
		write(layout.history, history, replaceDurably);
	}
}

/** An error record is made of JSON's own kinds. */
function asJson(error: ErrorRecord): JsonObject {
	return { ...error };
}

/** Reads update-status.json, or returns undefined while it is empty, half written or gone. Trust: others write it too. */
export function readUpdateStatus(layout: Layout): ReadStatus | undefined {
	return readValue(layout.updateStatus, UPDATE_STATUS_FILE);
}

function stateOf(outcome: Outcome): ChangeState {
	return outcome.kind === 'dropped' ? 'failed' : outcome.kind;
}

function errorOf(outcome: Outcome): ErrorRecord | null {
	return outcome.kind === 'committed' ? (outcome.warnings[0] ?? null) : outcome.cause;
}

function sentenceOf(outcome: Outcome, kind: ChangeKind): string {
	switch (outcome.kind) {
		case 'committed':
			return { update: 'Updated to', rollback: 'Went back to', keep: 'Kept' }[kind].concat(
				` ${outcome.version}`,
			);
		case 'dropped':
			return `Nothing was changed: ${outcome.cause.message}`;
		case 'rolled-back':
			return `${outcome.version} was restored: ${outcome.cause.message}`;
		case 'needs-attention':
			return `The box needs attention: ${outcome.rollback.message}`;
	}
}

function nextOf(outcome: Outcome, withheld: Withheld | undefined): string {
	switch (outcome.kind) {
		case 'committed':
			return outcome.warnings.length === 0
				? 'nothing to do'
				: 'the release is installed; look at the warnings';
		case 'dropped':
		case 'rolled-back':
			return withheld === undefined ? outcome.cause.hint : `${outcome.cause.hint}; ${leftAlone(withheld)}`;
		case 'needs-attention':
			return 'look at `signalbox logs`, mend what it names, then `signalbox resolve --rollback`; or keep what is there: `signalbox resolve --keep`';
	}
}

function leftAlone({ failure, until }: Withheld): string {
	return `${failure.tag} is not tried again by itself before ${isoTime(until)}, \`signalbox retry\` tries it at once`;
}

function initialStatus(opened: Opened, startedAt: number, now: number): ChangeStatus {
	return {
		schema: 1,
		change: opened.change,
		kind: opened.kind,
		state: 'checking',
		step: null,
		from: opened.from,
		to: opened.to,
		goal: opened.goal,
		progress: 1,
		description: { update: 'Preparing', rollback: 'Going back to', keep: 'Keeping' }[opened.kind].concat(
			` ${opened.tag}`,
		),
		trust: opened.trust,
		startedAt: isoTime(startedAt),
		at: isoTime(now),
		endedAt: null,
		outcome: null,
		error: null,
		next: '',
	};
}
