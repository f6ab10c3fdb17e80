/** The door: what root reads of a file that anybody in the group may have put there. */
import { lstatSync } from 'node:fs';
import { type ErrorRecord, type Facts, problem } from '../../../model/base/error.ts';
import type { ErrorCode } from '../../../model/base/error-codes.ts';
import { decodeText } from '../../../model/base/json.ts';
import { PAYLOAD_MAX_BYTES, type SignalName } from '../../../model/signal/signal.ts';
import type { Accounts } from '../../../system/access/accounts.ts';
import { readSmall } from '../../../system/files/files.ts';
import { inDirectory } from '../watch/signals-directory.ts';

export type Admission =
	| { readonly kind: 'admitted'; readonly payload: string }
	| { readonly kind: 'gone' }
	| { readonly kind: 'refused'; readonly error: ErrorRecord };

/**
 * Reads a signal's payload, once and by one descriptor. Refused: what is no plain file with one link, what belongs to a user
 * who is not among `owners`, more than 64 KB, what is not UTF-8. Never waits, never follows a link. (trust.md §5, rule 3)
 */
export function admit(directory: string, name: SignalName, owners: ReadonlySet<number>): Admission {
	const looked = inDirectory(directory, (at) => read(`${at}/${name}`, name, owners));
	return looked.kind === 'looked' ? looked.value : { kind: 'gone' };
}

function read(path: string, name: SignalName, owners: ReadonlySet<number>): Admission {
	// To open a device is to use it, so what is not a plain file is not even opened.
	const kind = lstatSync(path, { throwIfNoEntry: false });
	if (kind === undefined) return { kind: 'gone' };
	if (!kind.isFile()) return notPlain(name, 'it is a link, a directory, a FIFO, a socket or a device');
	const file = readSmall(path, PAYLOAD_MAX_BYTES);
	switch (file.kind) {
		case 'missing':
			return { kind: 'gone' };
		case 'irregular':
			return notPlain(name, `it is ${file.why}`);
		case 'too-large':
			return refuse(
				'payload-too-large',
				name,
				`its file holds ${file.size} bytes`,
				`a payload has ${PAYLOAD_MAX_BYTES} bytes at most`,
				{
					size: file.size,
				},
			);
		case 'file':
			return judge(name, file.stats.uid, file.stats.nlink, file.bytes, owners);
	}
}

function judge(
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
			'ring as a member of the group, or name the user in signals.owners',
			{
				uid,
			},
		);
	if (links !== 1) return notPlain(name, `its file has ${links} links`);
	const payload = decodeText(bytes);
	if (payload === undefined)
		return refuse('payload-not-text', name, 'its payload is not UTF-8', 'write a tag, JSON or nothing', {});
	return { kind: 'admitted', payload };
}

function notPlain(name: SignalName, why: string): Admission {
	return refuse('signal-file-refused', name, why, 'remove it, then ring with a plain file of your own', {});
}

function refuse(code: ErrorCode, name: SignalName, why: string, hint: string, facts: Facts): Admission {
	return {
		kind: 'refused',
		error: problem(code, `cannot run ${name}: ${why}`, hint, { facts: { name, ...facts } }).record,
	};
}

/**
 * Returns the uids whose signals count: those the configuration names, else root's, karen's own, and those of the owner and
 * the members of the group of the directory.
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
