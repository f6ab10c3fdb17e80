/** The encoding of SSH: numbers of four bytes, texts with their length before them (RFC 4251 §5). */

/** Reads one blob from its start to its end. Each call throws a RangeError where the blob is too short for it. */
export class SshReader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = Buffer.from(bytes);
	}

	/** Returns the next `length` bytes, which have no length before them. */
	take(length: number): Buffer {
		if (length > this.#bytes.length - this.#at) throw new RangeError('it ends too early');
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	number(): number {
		return this.take(4).readUInt32BE();
	}

	/** Returns the bytes of the next text. */
	bytes(): Buffer {
		return this.take(this.number());
	}

	/** Returns the next text; bytes that are not ASCII stay apart, so that none becomes another. */
	text(): string {
		return this.bytes().toString('latin1');
	}

	/** Returns what is left. */
	rest(): Buffer {
		return this.take(this.#bytes.length - this.#at);
	}

	/** Throws a RangeError when something is left. */
	end(): void {
		if (this.#at !== this.#bytes.length) throw new RangeError('something follows its end');
	}
}

/** Returns a text with its length before it. */
export function sshText(value: string | Uint8Array): Buffer {
	const bytes = Buffer.from(value);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(bytes.length);
	return Buffer.concat([length, bytes]);
}
