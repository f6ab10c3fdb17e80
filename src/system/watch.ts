/**
 * Watches one directory for changes. Events are only hints that trigger a scan: the kernel drops events when
 * its queue is full, and chokidar stops reporting when the directory is replaced (docs/decisions/0002).
 */
import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

export interface WatchListener {
	/** The entry of this name may have changed; undefined: the directory itself, or any entry. */
	hint(name: string | undefined): void;
	/** The directory cannot be watched. Hints resume once refresh() succeeds. */
	lost(error: Error): void;
}

export interface DirectoryWatch {
	/** Watches the directory that is at the path now, if it is another one. Call it regularly. */
	refresh(): void;
	/** No hints arrive after it returns. */
	close(): void;
}

/**
 * Watches the directory at `path`, which may be missing, disappear, return or be replaced; its parent is
 * watched for that. A link at `path` is not followed. Hints name the entry; reading a file causes none.
 */
export function watchDirectory(path: string, listener: WatchListener): DirectoryWatch {
	return new Rearming(path, listener);
}

class Rearming implements DirectoryWatch {
	readonly #path: string;
	readonly #listener: WatchListener;
	#watcher: FSWatcher | undefined;
	/** The identities of the watched directories. */
	#armedOn = '';
	#closed = false;

	constructor(path: string, listener: WatchListener) {
		this.#path = path;
		this.#listener = listener;
		this.refresh();
	}

	refresh(): void {
		const identity = `${identityOf(this.#path)} ${identityOf(dirname(this.#path))}`;
		if (this.#closed || identity === this.#armedOn) return;
		this.#disarm();
		this.#armedOn = identity;
		this.#arm();
	}

	close(): void {
		this.#closed = true;
		this.#disarm();
	}

	#arm(): void {
		const paths = [this.#path, dirname(this.#path)].filter((path) => identityOf(path) !== MISSING);
		if (paths.length === 0) return;
		const watcher = watch(paths, {
			ignoreInitial: true,
			followSymlinks: false,
			depth: 0,
			atomic: false,
			backend: 'native',
			// Only raw events are used, so chokidar need not read the entries.
			ignored: (entry) => !paths.includes(entry),
		});
		this.#watcher = watcher;
		watcher.on('raw', (_event, name, details) => this.#heard(watcher, name, details));
		watcher.on('error', (thrown) => this.#failed(watcher, thrown));
		// Changes before the watch began are found by a scan.
		watcher.on('ready', () => watcher === this.#watcher && this.#listener.hint(undefined));
	}

	#heard(watcher: FSWatcher, name: unknown, details: unknown): void {
		if (watcher !== this.#watcher) return;
		// A removed or renamed directory is reported under its own name.
		if (typeof name !== 'string' || name === basename(this.#path)) {
			this.refresh();
			this.#listener.hint(undefined);
		} else if (isFrom(details, this.#path)) {
			this.#listener.hint(name);
		}
	}

	#failed(watcher: FSWatcher, thrown: unknown): void {
		if (watcher !== this.#watcher) return;
		this.#disarm();
		this.#listener.lost(thrown instanceof Error ? thrown : new Error(String(thrown)));
	}

	#disarm(): void {
		this.#armedOn = '';
		const watcher = this.#watcher;
		this.#watcher = undefined;
		// Errors while closing are irrelevant.
		watcher?.close().catch(() => undefined);
	}
}

const MISSING = 'missing';

/** Inode numbers are reused soon, birth times are not. A link is not its target. */
function identityOf(path: string): string {
	const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
	return stats?.isDirectory() === true ? `${stats.dev}:${stats.ino}:${stats.birthtimeNs}` : MISSING;
}

function isFrom(details: unknown, path: string): boolean {
	return (
		typeof details === 'object' &&
		details !== null &&
		'watchedPath' in details &&
		details.watchedPath === path
	);
}
