/**
 * The requested release in update-status.json, where runners and dashboards of older systems read it.
 * `statuses/` belongs to root, so the manager cannot create or rename files there and writes this one in
 * place.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { errnoOf } from '../../../model/base/errno.ts';
import { problem } from '../../../model/base/error.ts';
import type { JsonObject } from '../../../model/base/json.ts';
import type { Tag } from '../../../model/release/tag.ts';
import { parseStatus, STATUS_AT_REST, STATUS_MAX_BYTES } from '../../../model/status/status.ts';

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Sets `updateTo` in the status file and keeps every other key. `known` is its last good content, used when
 * the file is empty or half written at this moment.
 * Readers see the old text or the new one, which may be followed by blanks: one write covers the old text to
 * its end, then the file is truncated. Killed in between, the blanks stay, which JSON allows. Nothing is
 * synced. Throws `io-error` when the file is not writable or not a plain file.
 */
export function writeRequest(path: string, tag: Tag, known: JsonObject | undefined): void {
	const fd = openStatus(path);
	try {
		const stats = fstatSync(fd);
		if (!stats.isFile()) throw cannotWrite(path, 'irregular');
		const text = `${JSON.stringify({ ...(readNow(fd) ?? known ?? STATUS_AT_REST), updateTo: tag }, null, 2)}\n`;
		const bytes = coveringBytes(text, Math.min(stats.size, STATUS_MAX_BYTES));
		if (writeSync(fd, bytes, 0, bytes.length, 0) < bytes.length) throw cannotWrite(path, 'ENOSPC');
		ftruncateSync(fd, Buffer.byteLength(text));
	} finally {
		closeSync(fd);
	}
}

/** Returns the text, padded with blanks to the old size so that none of the old text follows it. */
export function coveringBytes(text: string, oldSize: number): Buffer {
	const bytes = Buffer.alloc(Math.max(Buffer.byteLength(text), oldSize), ' ');
	bytes.write(text);
	return bytes;
}

function openStatus(path: string): number {
	try {
		return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o660);
	} catch (thrown) {
		throw cannotWrite(path, errnoOf(thrown), thrown);
	}
}

function readNow(fd: number): JsonObject | undefined {
	const bytes = Buffer.alloc(STATUS_MAX_BYTES + 1);
	const result = parseStatus(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
	return result.kind === 'status' ? result.status.raw : undefined;
}

function cannotWrite(path: string, errno: string, cause?: unknown) {
	return problem(
		'io-error',
		`cannot write the requested release to ${path}`,
		'make it writable for its group (mode 0660); `signalbox init` repairs its owner',
		{
			retry: 'later',
			facts: { path, errno },
			cause,
		},
	);
}
