/** Reads a signal's payload, a file that any member of the group may have created. */
import { lstatSync } from 'node:fs';
import { type ErrorRecord, type Facts, problem } from '../../../model/base/error.ts';
import type { ErrorCode } from '../../../model/base/error-codes.ts';
import { decodeText } from '../../../model/base/json.ts';
import { PAYLOAD_MAX_BYTES, type SignalName } from '../../../model/signal/signal.ts';
import type { Accounts } from '../../../system/access/accounts.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { inDirectory } from '../watch/signals-directory.ts';

export type Admission =
	| { readonly kind: 'admitted'; readonly payload: string }
	| { readonly kind: 'gone' }
	| { readonly kind: 'refused'; readonly error: ErrorRecord };

/**
 * Reads a signal's payload once, through one descriptor. Refuses anything except a regular file with one link
 * that belongs to one of `owners` and has at most 64 KB of UTF-8. Never blocks and never follows a link.
 * Trust: none.
 */
export function admitPayload(directory: string, name: SignalName, owners: ReadonlySet<number>): Admission {
	const result = inDirectory(directory, (at) => read(`${at}/${name}`, name, owners));
	return result.kind === 'value' ? result.value : { kind: 'gone' };
}

function read(path: string, name: SignalName, owners: ReadonlySet<number>): Admission {
	// Opening a device can have side effects, so only regular files are opened.
	const kind = lstatSync(path, { throwIfNoEntry: false });
	if (kind === undefined) return { kind: 'gone' };
	if (!kind.isFile()) return notRegular(name, 'it is a link, a directory, a FIFO, a socket or a device');
	const file = readSmall(path, PAYLOAD_MAX_BYTES);
	switch (file.kind) {
		case 'missing':
			return { kind: 'gone' };
		case 'irregular':
			return notRegular(name, `it is ${file.why}`);
		case 'too-large':
			return refuse(
				'payload-too-large',
				name,
				`its file has ${file.size} bytes`,
				`write a payload of at most ${PAYLOAD_MAX_BYTES} bytes`,
				{
					size: file.size,
				},
			);
		case 'file':
			return checkFile(name, file.stats.uid, file.stats.nlink, file.bytes, owners);
	}
}

function checkFile(
	name: SignalName,
	uid: number,
	links: number,
	bytes: Buffer,
	owners: ReadonlySet<number>,
): Admission {
	if (!owners.has(uid))
		return refuse(
			'signal-owner-refused',
			name,
			`its file belongs to user ${uid}`,
			'send the signal as a member of the group, or add the user to signals.owners',
			{
				uid,
			},
		);
	if (links !== 1) return notRegular(name, `its file has ${links} links`);
	const payload = decodeText(bytes);
	if (payload === undefined)
		return refuse('payload-not-text', name, 'its payload is not UTF-8', 'write a tag, JSON or nothing', {});
	return { kind: 'admitted', payload };
}

function notRegular(name: SignalName, why: string): Admission {
	return refuse(
		'signal-file-refused',
		name,
		why,
		'remove it, then send the signal with a regular file of your own',
		{},
	);
}

function refuse(code: ErrorCode, name: SignalName, why: string, hint: string, facts: Facts): Admission {
	return {
		kind: 'refused',
		error: problem(code, `cannot run ${name}: ${why}`, hint, { facts: { name, ...facts } }).record,
	};
}

/**
 * Returns the uids that may send signals: the configured ones, or else root, karen's own user, the owner of
 * the directory and the members of its group.
 */
export function signalOwners(
	directory: string,
	named: readonly (string | number)[] | undefined,
	accounts: Accounts,
): ReadonlySet<number> {
	if (named !== undefined)
		return new Set(named.map((user) => accounts.uidOf(user)).filter((uid) => uid !== undefined));
	const stats = lstatSync(directory, { throwIfNoEntry: false });
	const ofDirectory = stats === undefined ? [] : [stats.uid, ...accounts.membersOf(stats.gid)];
	return new Set([0, process.geteuid?.() ?? 0, ...ofDirectory]);
}
