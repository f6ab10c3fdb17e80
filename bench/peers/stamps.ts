/** What the triggers say of themselves, in the order in which it arrives. */
import { spawnSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

export interface Stamp {
	readonly what: 'start' | 'end';
	/** Milliseconds on the monotonic clock of the machine, as `monotonic()` has them. */
	readonly at: number;
	readonly pid: number;
	/** The signal without its prefix. */
	readonly name: string;
}

/** Milliseconds on the clock that the triggers read as well. */
export function monotonic(): number {
	return Number(process.hrtime.bigint()) / 1e6;
}

/** A FIFO that triggers write to. We hold both of its ends, so that no trigger ever waits to open it. */
export class Stamps {
	readonly all: Stamp[] = [];
	readonly #socket: Socket;
	#torn = '';
	#wake: (() => void) | undefined;

	constructor(path: string) {
		const made = spawnSync('mkfifo', ['-m', '600', path], { timeout: 10_000 });
		if (made.status !== 0) throw new Error(`mkfifo ${path} failed`);
		const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
		this.#socket = new Socket({ fd, readable: true, writable: false });
		this.#socket.setEncoding('latin1').on('data', (text) => this.#take(String(text)));
	}

	#take(text: string): void {
		const lines = (this.#torn + text).split('\n');
		this.#torn = lines.pop() ?? '';
		this.all.push(...lines.map(parseStamp));
		this.#wake?.();
	}

	/**
	 * Waits until `done` is true of all stamps so far, for `limit` milliseconds at most. Returns whether it
	 * came true.
	 */
	async until(done: (all: readonly Stamp[]) => boolean, limit: number): Promise<boolean> {
		const end = monotonic() + limit;
		for (;;) {
			if (done(this.all)) return true;
			const rest = end - monotonic();
			if (rest <= 0) return false;
			await this.#change(rest);
		}
	}

	/**
	 * Waits until nothing has come for `quiet` milliseconds, for `limit` at most. Returns whether it fell
	 * quiet.
	 */
	async quiet(quiet: number, limit: number): Promise<boolean> {
		const end = monotonic() + limit;
		for (let seen = -1; seen !== this.all.length; ) {
			if (monotonic() > end) return false;
			seen = this.all.length;
			await this.until((all) => all.length > seen, quiet);
		}
		return true;
	}

	#change(limit: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, limit);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	close(): void {
		this.#socket.destroy();
	}
}

function parseStamp(line: string): Stamp {
	const [what = '', at = '', pid = '', name = ''] = line.split(' ');
	return {
		what: what === 'E' ? 'end' : 'start',
		at: Number(at) / 1e6,
		pid: Number(pid),
		name: name.replace(/^(app|brief|storm)-/, ''),
	};
}
