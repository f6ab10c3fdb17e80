/** SSH's wire encoding: 32-bit integers and length-prefixed strings (RFC 4251 §5). */

/** Reads one blob sequentially. Every method throws a RangeError if the blob is too short. */
export class SshReader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = Buffer.from(bytes);
	}

	/** Returns the next `length` bytes, which have no length prefix. */
	take(length: number): Buffer {
		if (length > this.#bytes.length - this.#at) throw new RangeError('it ends too early');
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	number(): number {
		return this.take(4).readUInt32BE();
	}

	/** Returns the bytes of the next length-prefixed string. */
	bytes(): Buffer {
		return this.take(this.number());
	}

	/** Returns the next string as Latin-1, so that different non-ASCII bytes stay different. */
	text(): string {
		return this.bytes().toString('latin1');
	}

	/** Returns the remaining bytes. */
	rest(): Buffer {
		return this.take(this.#bytes.length - this.#at);
	}

	/** Throws a RangeError if bytes remain. */
	end(): void {
		if (this.#at !== this.#bytes.length) throw new RangeError('something follows its end');
	}
}

/** Encodes a string with its length prefix. */
export function sshText(value: string | Uint8Array): Buffer {
	const bytes = Buffer.from(value);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(bytes.length);
	return Buffer.concat([length, bytes]);
}
