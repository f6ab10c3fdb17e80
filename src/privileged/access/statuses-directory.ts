/**
 * `statuses/`, held open while root writes in it. Real hooks give the whole root to another user, who could
 * replace a directory by a link: each directory is opened without following links, and reclaimed before root
 * writes to it.
 */
import {
	closeSync,
	constants,
	fchmodSync,
	fchownSync,
	fstatSync,
	mkdirSync,
	openSync,
	rmSync,
	type Stats,
	unlinkSync,
} from 'node:fs';
import { errnoOf } from '../../model/base/errno.ts';
import { problem } from '../../model/base/error.ts';
import type { Layout } from '../../model/base/layout.ts';
import { type Access, replaceWhole } from '../../system/files/replace-file.ts';
import type { StatusesAccess } from './statuses-access.ts';

/**
 * `shared`: the group may write, because managers of older systems replace files there by rename (design §2).
 */
export type Sharing = 'shared' | 'ours';

const WRITABLE_BY_OTHERS = 0o022;

export class StatusesDirectory {
	readonly #layout: Pick<Layout, 'statuses'>;
	readonly #access: StatusesAccess;
	readonly #sharing: Sharing;

	constructor(layout: Pick<Layout, 'statuses'>, access: StatusesAccess, sharing: Sharing) {
		this.#layout = layout;
		this.#access = access;
		this.#sharing = sharing;
	}

	/**
	 * Replaces `statuses/NAME`. After a power cut the old file may be back. Throws `tree-unsafe` where root
	 * must not write.
	 */
	replace(name: string, value: object): void {
		this.inside((at) => replaceWhole(`${at}/${name}`, textOf(value), this.#access.published));
	}

	/** Replaces files in `statuses/signals/`; keys are their names. */
	replaceReports(reports: ReadonlyMap<string, object>): void {
		this.inside((statuses) => {
			const fd = openChild(`${statuses}/signals`, this.#access.directory);
			try {
				for (const [name, report] of reports)
					replaceWhole(`/proc/self/fd/${fd}/${name}.json`, textOf(report), this.#access.published);
			} finally {
				closeSync(fd);
			}
		});
	}

	/** Removes `statuses/NAME` if it exists. */
	remove(name: string): void {
		this.inside((at) => rmSync(`${at}/${name}`, { force: true }));
	}

	/** Calls `act` with a path that always means this directory, whatever is renamed meanwhile. */
	inside<T>(act: (at: string) => T): T {
		const path = this.#layout.statuses;
		const fd = openStatuses(path, this.#access.directory);
		try {
			if (this.#sharing === 'ours') claim(fd, path, this.#access.directory);
			return act(`/proc/self/fd/${fd}`);
		} finally {
			closeSync(fd);
		}
	}
}

function openStatuses(path: string, access: Access): number {
	try {
		return openDirectory(path, access);
	} catch (thrown) {
		if (!isNoDirectory(thrown)) throw thrown;
		throw problem(
			'tree-unsafe',
			`cannot write to ${path}: it is a link or not a directory`,
			'move it away; karen creates the directory again',
			{
				facts: { path },
			},
		);
	}
}

function textOf(value: object): string {
	return `${JSON.stringify(value, null, '\t')}\n`;
}

/** Anything but a directory was planted or left by mistake: it is removed and never followed. */
function openChild(path: string, access: Access): number {
	try {
		return openAndClaim(path, access);
	} catch (thrown) {
		if (!isNoDirectory(thrown)) throw thrown;
		unlinkSync(path);
		return openAndClaim(path, access);
	}
}

function openAndClaim(path: string, access: Access): number {
	const fd = openDirectory(path, access);
	try {
		claim(fd, path, access);
		return fd;
	} catch (thrown) {
		closeSync(fd);
		throw thrown;
	}
}

function openDirectory(path: string, access: Access): number {
	const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
	try {
		return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	} catch (thrown) {
		if (errnoOf(thrown) !== 'ENOENT') throw thrown;
		mkdirSync(path, access.mode);
		return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	}
}

function isNoDirectory(thrown: unknown): boolean {
	return errnoOf(thrown) === 'ELOOP' || errnoOf(thrown) === 'ENOTDIR';
}

/**
 * Makes the directory writable for its owner only. Root reclaims it; an ordinary user refuses one of another
 * user.
 */
function claim(fd: number, path: string, access: Access): void {
	const stats = fstatSync(fd);
	const self = process.geteuid?.() ?? 0;
	if (self !== 0 && stats.uid !== self)
		throw problem(
			'tree-unsafe',
			`cannot write to ${path}: it belongs to user ${stats.uid}`,
			'run karen as the owner of the root',
			{
				facts: { path, uid: stats.uid },
			},
		);
	if (self === 0 && (stats.uid !== 0 || (access.gid !== undefined && stats.gid !== access.gid)))
		fchownSync(fd, 0, access.gid ?? stats.gid);
	const mode = modeFor(stats, access);
	if ((stats.mode & 0o7777) !== mode) fchmodSync(fd, mode);
}

/** Without a configured group the present readers keep access, and lose only the right to write. */
function modeFor(stats: Stats, access: Access): number {
	return access.gid === undefined ? stats.mode & 0o7777 & ~WRITABLE_BY_OTHERS : access.mode;
}
