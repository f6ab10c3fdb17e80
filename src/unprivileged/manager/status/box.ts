/**
 * The files that root publishes, cached and read again when they change. Trust: written by root and by hooks.
 */

import { problem } from '../../../model/base/error.ts';
import type { FileFormat } from '../../../model/base/file-format.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type { ChangeStatus, History } from '../../../model/change/change.ts';
import { HISTORY_FILE } from '../../../model/change/history.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../../model/release/info.ts';
import type { Available } from '../../../model/release/plan.ts';
import { REPORT_FILE } from '../../../model/signal/report.ts';
import { parseSignalName, type SignalName, type SignalReport } from '../../../model/signal/signal.ts';
import {
	AVAILABLE_FILE,
	CHANGE_FILE,
	isInProgress,
	KAREN_FILE,
	type KarenStatus,
} from '../../../model/status/published.ts';
import { type ReadStatus, UPDATE_STATUS_FILE } from '../../../model/status/status.ts';
import type { Clock } from '../../../system/clock.ts';
import { type Published, PublishedFile } from './published-file.ts';

export interface Box {
	readonly info: PublishedFile<InfoJson>;
	readonly change: PublishedFile<ChangeStatus>;
	/** Ended changes, newest first. */
	readonly history: PublishedFile<History>;
	readonly available: PublishedFile<Available>;
	readonly updateStatus: PublishedFile<ReadStatus>;
	readonly karen: PublishedFile<KarenStatus>;
	/** The report of the last `update` signal, from any sender. */
	readonly updateReport: PublishedFile<SignalReport>;
}

/** The two signals that the manager sends. */
export const UPDATE = parseSignalName('update') as SignalName;
export const CHECK = parseSignalName('check') as SignalName;

export function openBox(layout: Layout, clock: Clock): Box {
	return {
		info: new PublishedFile(layout.info, INFO_FILE, clock),
		change: new PublishedFile(layout.changeStatus, CHANGE_FILE, clock),
		history: new PublishedFile(layout.history, HISTORY_FILE, clock),
		available: new PublishedFile(layout.available, AVAILABLE_FILE, clock),
		updateStatus: new PublishedFile(layout.updateStatus, UPDATE_STATUS_FILE, clock),
		karen: new PublishedFile(layout.karenStatus, KAREN_FILE, clock),
		updateReport: new PublishedFile(`${layout.signalReports}/${UPDATE}.json`, REPORT_FILE, clock),
	};
}

/** The parser throws; people read its message. */
const INFO_FILE: FileFormat<InfoJson> = {
	maxBytes: INFO_MAX_BYTES,
	parse: (bytes) => parseInfo(bytes, 'the root'),
};

export function valueIn<T>(published: Published<T>): T | undefined {
	return published.kind === 'value' ? published.value : undefined;
}

/** Returns the change while it is in progress, else undefined. */
export function openChangeIn(published: Published<ChangeStatus>): ChangeStatus | undefined {
	const change = valueIn(published);
	return change !== undefined && isInProgress(change) ? change : undefined;
}

/** Returns the info.json of the installed release. Throws `info-missing` and `info-unreadable`. */
export function installedInfo(box: Box): InfoJson {
	const info = box.info.read();
	switch (info.kind) {
		case 'value':
			return info.value;
		case 'missing':
			throw problem(
				'info-missing',
				'cannot tell what is installed: the root has no info.json',
				'bring back the info.json of the release',
				{
					retry: 'later',
				},
			);
		case 'unreadable':
			throw problem(
				'info-unreadable',
				`cannot tell what is installed: ${info.why}`,
				'bring back the info.json of the release',
				{
					retry: 'later',
				},
			);
	}
}
