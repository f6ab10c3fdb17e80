/**
 * Watches one directory for changes of what lies in it. A hint wakes the one who looks; it is never the truth: the kernel
 * drops events when its queue is full, and chokidar goes deaf when the directory is replaced (docs/decisions/0002).
 */
import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

export interface WatchListener {
	/** Something happened to the entry of this name; undefined: to the directory itself, or to something in it. */
	hint(name: string | undefined): void;
	/** The directory cannot be watched. Hints come again once refresh() finds that it can. */
	lost(error: Error): void;
}

export interface DirectoryWatch {
	/** Watches what stands at the path now, if that is another directory than the one watched. To be called now and then. */
	refresh(): void;
	/** After it returns no hint comes. */
	close(): void;
}

/**
 * Watches the directory at `path`, which may be missing, go away, come back, or be replaced: its parent is watched for that.
 * A link at `path` is not followed. Its entries are told of by name; reading them is no change.
 */
export function watchDirectory(path: string, listener: WatchListener): DirectoryWatch {
	return new Rearming(path, listener);
}

class Rearming implements DirectoryWatch {
	readonly #path: string;
	readonly #listener: WatchListener;
	#watcher: FSWatcher | undefined;
	/** The directories that the watcher stands on, as the kernel knows them. */
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
			// Only raw events are used: what chokidar makes of the entries would be work for nothing.
			ignored: (entry) => !paths.includes(entry),
		});
		this.#watcher = watcher;
		watcher.on('raw', (_event, name, details) => this.#heard(watcher, name, details));
		watcher.on('error', (thrown) => this.#failed(watcher, thrown));
		// What happened until the kernel began to tell is found by looking.
		watcher.on('ready', () => watcher === this.#watcher && this.#listener.hint(undefined));
	}

	#heard(watcher: FSWatcher, name: unknown, details: unknown): void {
		if (watcher !== this.#watcher) return;
		// A directory that is removed or renamed tells so by its own name.
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
		// It ends by itself; a failure of an ending watcher says nothing.
		watcher?.close().catch(() => undefined);
	}
}

const MISSING = 'missing';

/** A removed directory's inode number is soon used again, its time of birth is not. A link is not the directory it leads to. */
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
