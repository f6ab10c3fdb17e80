/**
 * The client side of signals: write a signal, then learn from karen's report that it was admitted and how it
 * ended. Managers and operators have no other way to reach root.
 */

import { randomBytes } from 'node:crypto';
import {
	closeSync,
	constants,
	fchmodSync,
	fstatSync,
	futimesSync,
	lstatSync,
	openSync,
	renameSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../model/base/errno.ts';
import { type Problem, problem } from '../model/base/error.ts';
import type { Layout } from '../model/base/layout.ts';
import { formatSpan } from '../model/base/units.ts';
import { isEnd, REPORT_FILE } from '../model/signal/report.ts';
import {
	PAYLOAD_MAX_BYTES,
	type SignalName,
	type SignalReport,
	type Stamp,
	stampOf,
} from '../model/signal/signal.ts';
import type { Clock } from './clock.ts';
import { readValue } from './files/state-file.ts';

/** The two directories of the signal protocol. */
export type SignalDirectories = Pick<Layout, 'signals' | 'signalReports'>;

const POLL = 50;
/** Members of the group may touch the file again; other users must not read the payload. */
const MODE = 0o660;

/**
 * Sends a signal by replacing its file with a new one that holds this payload. Returns the stamp for
 * waitAdmitted and waitEnded. The file belongs to the caller, has one link and is complete before it gets its
 * name. A process killed here leaves at most a hidden file, which karen ignores. Nothing is synced: a power
 * cut may undo the signal. Throws `payload-too-large`, `root-missing` (no such directory) and `io-error`
 * (this user may not send signals).
 */
export function sendSignal(directories: SignalDirectories, name: SignalName, payload: string): Stamp {
	const bytes = Buffer.from(payload, 'utf8');
	if (bytes.length > PAYLOAD_MAX_BYTES) throw tooLarge(name, bytes.length);
	const temporary = join(directories.signals, `.${randomBytes(9).toString('hex')}.tmp`);
	const fd = openNew(temporary, directories.signals);
	try {
		if (bytes.length > 0) writeSync(fd, bytes);
		fchmodSync(fd, MODE);
		setFineTime(fd);
		renameSync(temporary, join(directories.signals, name));
		// By the descriptor, so that the stamp is ours even if another process sends the signal at the same
		// moment.
		return stampOf(fstatSync(fd, { bigint: true }));
	} catch (thrown) {
		rmSync(temporary, { force: true });
		throw cannotSend(directories.signals, thrown);
	} finally {
		closeSync(fd);
	}
}

/**
 * File times have steps of some milliseconds, and the inode of a replaced file is reused at once: two signals
 * within one step could have equal stamps, and the second would be lost.
 */
function setFineTime(fd: number): void {
	const now = (performance.timeOrigin + performance.now()) / 1000;
	futimesSync(fd, now, now);
}

function openNew(path: string, directory: string): number {
	const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
	try {
		return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
	} catch (thrown) {
		throw cannotSend(directory, thrown);
	}
}

function cannotSend(signals: string, thrown: unknown): unknown {
	const facts = { signals, errno: errnoOf(thrown) };
	switch (facts.errno) {
		case 'ENOENT':
		case 'ENOTDIR':
			return problem(
				'root-missing',
				`cannot send a signal: ${signals} does not exist`,
				'start karen, which creates it, or run `signalbox init`',
				{
					retry: 'later',
					facts,
					cause: thrown,
				},
			);
		case 'EACCES':
		case 'EPERM':
			return problem(
				'io-error',
				`cannot send a signal: this user may not write to ${signals}`,
				'run this as a member of the group of that directory',
				{
					facts,
					cause: thrown,
				},
			);
		default:
			return thrown;
	}
}

function tooLarge(name: string, size: number): Problem {
	return problem(
		'payload-too-large',
		`cannot send the signal ${name}: the payload holds ${size} bytes`,
		`use at most ${PAYLOAD_MAX_BYTES} bytes, or pass the path of a file`,
		{ facts: { name, size, limit: PAYLOAD_MAX_BYTES } },
	);
}

/**
 * Waits up to `limit` milliseconds until karen has noticed the touch with this stamp. Returns the report that
 * says so, or undefined: karen is silent. The report may be that of an earlier run, which this touch waits
 * for. An aborted `signal` ends the wait early.
 */
export function waitAdmitted(
	directories: SignalDirectories,
	name: SignalName,
	stamp: Stamp,
	clock: Clock,
	limit: number,
	signal?: AbortSignal,
): Promise<SignalReport | undefined> {
	const heard = (report: SignalReport) =>
		report.seen === stamp ||
		report.seen === currentStamp(directories, name) ||
		isOfLaterTouch(directories, name, stamp, report);
	return pollReport(directories, name, heard, clock, limit, signal);
}

/**
 * Waits up to `limit` milliseconds until the run that answers the touch with this stamp has ended,
 * successfully or not. Returns its report, or undefined while it is still running.
 */
export function waitEnded(
	directories: SignalDirectories,
	name: SignalName,
	stamp: Stamp,
	clock: Clock,
	limit: number,
	signal?: AbortSignal,
): Promise<SignalReport | undefined> {
	const answers = (report: SignalReport) =>
		report.stamp === stamp ||
		(report.stamp === report.seen && isOfLaterTouch(directories, name, stamp, report));
	return pollReport(
		directories,
		name,
		(report) => isEnd(report.state) && answers(report),
		clock,
		limit,
		signal,
	);
}

/**
 * A later touch may hide ours before karen scans: karen sees only the last one, and its run answers both. The
 * file is then no longer ours (or gone, because some triggers remove it), and karen noticed it after our
 * touch.
 */
function isOfLaterTouch(
	directories: SignalDirectories,
	name: SignalName,
	stamp: Stamp,
	report: SignalReport,
): boolean {
	return (
		report.stamp !== stamp &&
		Date.parse(report.receivedAt) >= rungAt(stamp) &&
		currentStamp(directories, name) !== stamp
	);
}

/** The time of the touch in milliseconds since 1970: a stamp ends with the ctime in nanoseconds. */
function rungAt(stamp: Stamp): number {
	return Number(BigInt(stamp.split(':').at(-1) ?? 0) / 1_000_000n);
}

function currentStamp(directories: SignalDirectories, name: SignalName): Stamp | undefined {
	const stats = lstatSync(join(directories.signals, name), { bigint: true, throwIfNoEntry: false });
	return stats === undefined ? undefined : stampOf(stats);
}

/** Returns the error for a signal without an answer for `limit` milliseconds. */
export function karenSilent(name: SignalName, limit: number): Problem {
	const hint =
		'start karen (systemctl start signalbox-karen, or ./karen in the root): the request waits in events/signals until karen runs';
	return problem(
		'karen-silent',
		`karen did not answer the signal ${name} within ${formatSpan(limit)}`,
		hint,
		{
			retry: 'later',
			facts: { signal: name, limit },
		},
	);
}

async function pollReport(
	directories: SignalDirectories,
	name: SignalName,
	isWanted: (report: SignalReport) => boolean,
	clock: Clock,
	limit: number,
	signal?: AbortSignal,
): Promise<SignalReport | undefined> {
	const end = clock.monotonic() + limit;
	for (;;) {
		const report = readReport(directories, name);
		if (report !== undefined && isWanted(report)) return report;
		const left = end - clock.monotonic();
		if (left <= 0 || signal?.aborted === true) return undefined;
		await clock.sleep(Math.min(POLL, left), signal);
	}
}

/** Returns karen's last report of a signal, or undefined if there is none that can be read. */
export function readReport(directories: SignalDirectories, name: SignalName): SignalReport | undefined {
	return readValue(join(directories.signalReports, `${name}.json`), REPORT_FILE);
}
