/**
 * karen's lock, of which she makes sure again and again. Its file may be removed, by hand or by a hook that runs as root, and then
 * a second karen can start beside her: the one whose file stands at the path goes on, so that no signal is answered twice.
 */
import { errnoOf } from '../../system/files/files.ts';
import { type Lock, type LockResult, takeLock } from '../../system/files/lock.ts';

/** An updater that looks whether a karen is there has the lock for a moment, in milliseconds. */
const MOMENT = 1000;

export class KarenLock {
	readonly #path: string;
	#lock: Lock;

	private constructor(path: string, lock: Lock) {
		this.#path = path;
		this.#lock = lock;
	}

	/** Waits for a karen that is just ending, `wait` milliseconds at most. Returns undefined while another one goes on. */
	static take(path: string, wait: number): KarenLock | undefined {
		const taken = takeLock(path, wait);
		return taken.kind === 'held' ? new KarenLock(path, taken.lock) : undefined;
	}

	/** Puts back a file that is gone. Returns `lost` when another karen has the lock now. */
	keep(): 'kept' | 'put back' | 'lost' {
		if (this.#lock.isInPlace()) return 'kept';
		const taken = takeAgain(this.#path);
		// Without the directory nobody can take it.
		if (taken === 'no directory') return 'kept';
		if (taken.kind === 'busy') return 'lost';
		this.#lock.release();
		this.#lock = taken.lock;
		return 'put back';
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
