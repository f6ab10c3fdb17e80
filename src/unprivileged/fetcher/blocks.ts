/** Reads a stream of pieces of any size in the block sizes of a format. */
export class Bytes {
	readonly #pieces: AsyncIterator<Buffer>;
	#left: Buffer = Buffer.alloc(0);

	constructor(pieces: AsyncIterable<Buffer>) {
		this.#pieces = pieces[Symbol.asyncIterator]();
	}

	/** Returns exactly this many bytes, or fewer at the end of the stream. */
	async take(count: number): Promise<Buffer> {
		while (this.#left.length < count) {
			const next = await this.#pieces.next();
			if (next.done === true) break;
			this.#left = this.#left.length === 0 ? next.value : Buffer.concat([this.#left, next.value]);
		}
		const taken = this.#left.subarray(0, count);
		this.#left = this.#left.subarray(count);
		return taken;
	}

	/** Returns the next bytes, at most `most`; empty at the end. */
	async some(most: number): Promise<Buffer> {
		return this.#left.length > 0
			? await this.take(Math.min(most, this.#left.length))
			: await this.#next(most);
	}

	async #next(most: number): Promise<Buffer> {
		const next = await this.#pieces.next();
		if (next.done === true) return Buffer.alloc(0);
		this.#left = next.value;
		return next.value.length === 0
			? await this.some(most)
			: await this.take(Math.min(most, next.value.length));
	}
}
