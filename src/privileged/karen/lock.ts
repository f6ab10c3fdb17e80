/**
 * karen's lock, which karen verifies repeatedly. An operator or a hook may remove its file, and then a second
 * karen can start. Only the karen whose lock file is at the path continues, so that no signal is handled
 * twice.
 */
import { errnoOf } from '../../model/base/errno.ts';
import { type Lock, type LockResult, takeLock } from '../../system/files/lock.ts';

/** Milliseconds to wait for an updater that holds the lock briefly to check for a running karen. */
const MOMENT = 1000;

export class KarenLock {
	readonly #path: string;
	#lock: Lock;

	private constructor(path: string, lock: Lock) {
		this.#path = path;
		this.#lock = lock;
	}

	/** Takes the lock within `wait` milliseconds. Returns undefined if another karen keeps it. */
	static take(path: string, wait: number): KarenLock | undefined {
		const taken = takeLock(path, wait);
		return taken.kind === 'held' ? new KarenLock(path, taken.lock) : undefined;
	}

	/** Restores a removed lock file. Returns `lost` if another karen holds the lock now. */
	verify(): 'held' | 'restored' | 'lost' {
		if (this.#lock.isInPlace()) return 'held';
		const taken = takeAgain(this.#path);
		// Without the directory no other karen can take the lock.
		if (taken === 'no directory') return 'held';
		if (taken.kind === 'busy') return 'lost';
		this.#lock.release();
		this.#lock = taken.lock;
		return 'restored';
	}

	release(): void {
		this.#lock.release();
	}
}

function takeAgain(path: string): LockResult | 'no directory' {
	try {
		return takeLock(path, MOMENT);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return 'no directory';
		throw thrown;
	}
}
