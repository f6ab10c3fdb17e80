/** What the root says of itself in `statuses/`, as far as this user may read it. */
import { readFileSync } from 'node:fs';
import { problem } from '../../model/base/error.ts';
import type { Layout } from '../../model/base/layout.ts';
import type { ChangeStatus, EndedChange } from '../../model/change/change.ts';
import { HISTORY_MAX_BYTES, parseHistory } from '../../model/change/history.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../model/release/info.ts';
import type { Available } from '../../model/release/plan.ts';
import {
	AVAILABLE_MAX_BYTES,
	CHANGE_MAX_BYTES,
	KAREN_MAX_BYTES,
	type KarenStatus,
	parseAvailable,
	parseChangeStatus,
	parseKarenStatus,
} from '../../model/status/published.ts';
import { parseStatus, type ReadStatus, STATUS_MAX_BYTES } from '../../model/status/status.ts';
import { errnoOf, readSmall } from '../../system/files/files.ts';

/** Returns what the installed release says of itself. Throws `info-missing` and `info-unreadable`. */
export function readInfo(layout: Pick<Layout, 'info' | 'root'>): InfoJson {
	const bytes = readBytes(layout.info, INFO_MAX_BYTES);
	if (bytes !== undefined) return parseInfo(bytes, layout.root);
	throw problem(
		'info-missing',
		`cannot find info.json in ${layout.root}`,
		'name the directory of an installed release',
		{
			facts: { root: layout.root },
		},
	);
}

/** Returns the change at hand or the last one that ended; undefined when there was none. */
export function readChange(layout: Pick<Layout, 'changeStatus'>): ChangeStatus | undefined {
	const bytes = readBytes(layout.changeStatus, CHANGE_MAX_BYTES);
	return bytes === undefined ? undefined : parseChangeStatus(bytes);
}

/** Returns the changes that ended, newest first. */
export function readHistory(layout: Pick<Layout, 'history'>): readonly EndedChange[] {
	const bytes = readBytes(layout.history, HISTORY_MAX_BYTES);
	return (bytes === undefined ? undefined : parseHistory(bytes))?.changes ?? [];
}

/** Returns the plan as it was last published. */
export function readAvailable(layout: Pick<Layout, 'available'>): Available | undefined {
	const bytes = readBytes(layout.available, AVAILABLE_MAX_BYTES);
	return bytes === undefined ? undefined : parseAvailable(bytes);
}

/** Returns the status that dashboards of older systems show; hooks write it too. */
export function readUpdateStatus(layout: Pick<Layout, 'updateStatus'>): ReadStatus | undefined {
	const bytes = readBytes(layout.updateStatus, STATUS_MAX_BYTES);
	const parsed = bytes === undefined ? undefined : parseStatus(bytes);
	return parsed?.kind === 'status' ? parsed.status : undefined;
}

/** Returns the karen that runs. One that was killed leaves its word behind, and its pid is used again: its process is looked at. */
export function runningKaren(layout: Pick<Layout, 'karenStatus'>): KarenStatus | undefined {
	const bytes = readBytes(layout.karenStatus, KAREN_MAX_BYTES);
	const karen = bytes === undefined ? undefined : parseKarenStatus(bytes);
	return karen !== undefined && isKaren(karen.pid) ? karen : undefined;
}

function isKaren(pid: number): boolean {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('karen');
	} catch {
		return false;
	}
}

function readBytes(path: string, limit: number): Buffer | undefined {
	try {
		const read = readSmall(path, limit);
		return read.kind === 'file' ? read.bytes : undefined;
	} catch (thrown) {
		if (errnoOf(thrown) !== 'EACCES') throw thrown;
		throw problem(
			'io-error',
			`cannot read ${path}: this user may not`,
			'ask as root, or as a member of the group that statuses/ belongs to',
			{
				facts: { path },
			},
		);
	}
}
