/**
 * Owners and modes of a whole tree, saved in a file. Real hooks `chown -R` the root, the user's files
 * included; a rollback restores the owner of every file.
 */
import { once } from 'node:events';
import {
	chmodSync,
	chownSync,
	closeSync,
	constants,
	createReadStream,
	fstatSync,
	mkdirSync,
	openSync,
	readlinkSync,
	realpathSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoOf } from '../../model/base/errno.ts';
import { problem } from '../../model/base/error.ts';
import { startChild } from '../process/child.ts';
import { toolMissing } from '../process/run-tool.ts';

/** One path as `find` prints it: owner, group, mode, kind, and the path relative to the tree. */
const FORMAT = '%U %G %m %y %P\\0';

/** Writes the owners of `root` and everything below it to `file`, except the top-level names in `spare`. */
export async function listOwners(root: string, spare: readonly string[], file: string): Promise<void> {
	const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
	const fd = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
	const pruned = spare.flatMap((name) => ['-path', `./${name}`, '-prune', '-o']);
	const child = startChild({
		program: 'find',
		args: ['.', '-xdev', ...pruned, '-printf', FORMAT],
		group: 'caller',
		cwd: root,
		stdio: ['ignore', fd, 'ignore'],
		env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
	});
	child.once('error', () => undefined);
	const [code] = (await once(child, 'close').finally(() => closeSync(fd))) as [number | null];
	if (child.pid === undefined) throw toolMissing('find');
	// Exit code 1: a file vanished while it was listed, as files of running services do.
	if (code !== 0 && code !== 1)
		throw problem('io-error', `cannot list the owners of ${root}`, 'look at the log, then ask again', {
			facts: { root },
		});
}

interface Owned {
	readonly uid: number;
	readonly gid: number;
	readonly mode: number;
	readonly kind: string;
	readonly path: string;
}

/**
 * Restores owner and mode of every path in `was` that still exists and differs in `now`, a later snapshot.
 * Returns the number of changed paths. Only root can change owners; for an ordinary user only modes are
 * restored.
 */
export async function giveBack(root: string, was: string, now: string): Promise<number> {
	const real = realpathSync(root);
	const present = new Map<string, Owned>();
	for await (const entry of readOwners(now)) present.set(entry.path, entry);
	let changed = 0;
	for await (const entry of readOwners(was)) {
		const other = present.get(entry.path);
		if (other === undefined || other.kind !== entry.kind || isSame(entry, other)) continue;
		if (setOwner(entry.path === '' ? real : `${real}/${entry.path}`, entry) === 'set') changed += 1;
	}
	return changed;
}

function isSame(a: Owned, b: Owned): boolean {
	return a.uid === b.uid && a.gid === b.gid && (a.kind === 'l' || a.mode === b.mode);
}

/** O_PATH of Linux: refers to a file without opening it, so no FIFO blocks and no device is touched. */
const O_PATH = 0o10000000;

/**
 * Sets owner and mode of the file at `path`, which is absolute and free of links. `elsewhere`: nothing is
 * there, or a link was put into the path since; its target is not touched. Only root sets owners.
 */
export function setOwner(
	path: string,
	to: { readonly uid: number; readonly gid: number; readonly mode: number },
): 'set' | 'elsewhere' {
	const fd = openExactly(path);
	if (fd === undefined) return 'elsewhere';
	try {
		const here = `/proc/self/fd/${fd}`;
		if (process.getuid?.() === 0) chownSync(here, to.uid, to.gid);
		if (!fstatSync(fd).isSymbolicLink()) chmodSync(here, to.mode);
		return 'set';
	} finally {
		closeSync(fd);
	}
}

/** Creates the directory `path` if all directories above it exist and none is a link. */
export function makeExactly(path: string): void {
	const fd = openExactly(dirname(path), constants.O_DIRECTORY);
	if (fd === undefined) return;
	try {
		mkdirSync(`/proc/self/fd/${fd}/${basename(path)}`);
	} finally {
		closeSync(fd);
	}
}

/** Opens a descriptor of the file at `path`, and returns it only if the kernel reports exactly that path. */
function openExactly(path: string, further = 0): number | undefined {
	let fd: number;
	try {
		fd = openSync(path, O_PATH | constants.O_NOFOLLOW | further);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return undefined;
		throw thrown;
	}
	if (readlinkSync(`/proc/self/fd/${fd}`) === path) return fd;
	closeSync(fd);
	return undefined;
}

async function* readOwners(file: string): AsyncIterable<Owned> {
	let left = '';
	for await (const piece of createReadStream(file, 'utf8')) {
		const lines = (left + piece).split('\0');
		left = lines.pop() ?? '';
		for (const line of lines) {
			const [, uid, gid, mode, kind, path] = /^(\d+) (\d+) (\d+) (.) (.*)$/s.exec(line) ?? [];
			if (path !== undefined)
				yield {
					uid: Number(uid),
					gid: Number(gid),
					mode: Number.parseInt(mode ?? '0', 8),
					kind: kind ?? '',
					path,
				};
		}
	}
}
