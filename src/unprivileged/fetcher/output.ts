/** The pipe to the updater. Writers wait while it is full, so that memory stays small. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { encodeFrame, type Frame, PIECE_MAX } from '../../model/publication/fetch-protocol.ts';

export class Output {
	/** Not process.stdout, whose blocking writes would stop all timers. */
	readonly #pipe = new Socket({ fd: 1, readable: false, writable: true });

	/** `gone` is called when the reader has closed the pipe. */
	constructor(gone: () => void) {
		this.#pipe.on('error', gone);
		this.#pipe.setMaxListeners(0);
	}

	/** Writes a whole frame and returns when there is room for the next. */
	async write(frame: Frame): Promise<void> {
		this.#pipe.cork();
		for (const part of encodeFrame(frame)) this.#pipe.write(part);
		this.#pipe.uncork();
		while (this.#pipe.writableNeedDrain) await once(this.#pipe, 'drain');
	}

	/** Returns when everything has been written. */
	async finish(): Promise<void> {
		await new Promise<void>((resolve) => this.#pipe.end(resolve));
	}

	async writeBytes(id: number, bytes: Buffer): Promise<void> {
		for (let at = 0; at < bytes.length; at += PIECE_MAX)
			await this.write({ kind: 'bytes', id, bytes: bytes.subarray(at, at + PIECE_MAX) });
	}
}
