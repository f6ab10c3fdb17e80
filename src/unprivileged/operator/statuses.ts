/** Reads `info.json` and `statuses/`, as far as this user may. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '../../model/base/errno.ts';
import { problem } from '../../model/base/error.ts';
import type { FileFormat } from '../../model/base/file-format.ts';
import type { Layout } from '../../model/base/layout.ts';
import type { ChangeStatus, EndedChange } from '../../model/change/change.ts';
import { HISTORY_FILE } from '../../model/change/history.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../model/release/info.ts';
import type { Available } from '../../model/release/plan.ts';
import { AVAILABLE_FILE, CHANGE_FILE, KAREN_FILE, type KarenStatus } from '../../model/status/published.ts';
import { type ReadStatus, UPDATE_STATUS_FILE } from '../../model/status/status.ts';
import { readValue } from '../../system/files/state-file.ts';

/** Returns the `info.json` of the installed release. Throws `info-missing` and `info-unreadable`. */
export function readInfo(layout: Pick<Layout, 'info' | 'root'>): InfoJson {
	const info = readShown(layout.info, {
		maxBytes: INFO_MAX_BYTES,
		parse: (bytes) => parseInfo(bytes, layout.root),
	});
	if (info !== undefined) return info;
	throw problem(
		'info-missing',
		`cannot find info.json in ${layout.root}`,
		'name the directory of an installed release',
		{
			facts: { root: layout.root },
		},
	);
}

/** Returns the running change or the last one; undefined if there was none. */
export function readChange(layout: Pick<Layout, 'changeStatus'>): ChangeStatus | undefined {
	return readShown(layout.changeStatus, CHANGE_FILE);
}

/** Returns the changes that have ended, newest first. */
export function readHistory(layout: Pick<Layout, 'history'>): readonly EndedChange[] {
	return readShown(layout.history, HISTORY_FILE)?.changes ?? [];
}

/** Returns the plan that was published last. */
export function readAvailable(layout: Pick<Layout, 'available'>): Available | undefined {
	return readShown(layout.available, AVAILABLE_FILE);
}

/** Returns update-status.json, which older dashboards show and hooks also write. */
export function readUpdateStatus(layout: Pick<Layout, 'updateStatus'>): ReadStatus | undefined {
	return readShown(layout.updateStatus, UPDATE_STATUS_FILE);
}

/** Returns the running karen. Checks her process: a killed karen leaves her file, and pids are reused. */
export function runningKaren(layout: Pick<Layout, 'karenStatus'>): KarenStatus | undefined {
	const karen = readShown(layout.karenStatus, KAREN_FILE);
	return karen !== undefined && isKaren(karen.pid) ? karen : undefined;
}

function isKaren(pid: number): boolean {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('karen');
	} catch {
		return false;
	}
}

/** Throws `io-error` if this user may not read the file. */
function readShown<T>(path: string, format: FileFormat<T>): T | undefined {
	try {
		return readValue(path, format);
	} catch (thrown) {
		if (errnoOf(thrown) !== 'EACCES') throw thrown;
		throw problem(
			'io-error',
			`cannot read ${path}: permission denied`,
			'run the command as root, or as a member of the group of statuses/',
			{
				facts: { path },
			},
		);
	}
}
