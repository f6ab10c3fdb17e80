/** Files that store one value between runs: read whole or not at all, and replaced durably. */
import { problem } from '../../model/base/error.ts';
import type { FileFormat } from '../../model/base/file-format.ts';
import { readSmall } from './read-file.ts';
import { replaceDurably } from './replace-file.ts';

export type StateRead<T> =
	| { readonly kind: 'value'; readonly value: T }
	| { readonly kind: 'missing' }
	/** The path is not the value: a torn file, a link, too many bytes, another format. */
	| { readonly kind: 'damaged'; readonly why: string };

/**
 * Returns the value in the file. Trust: another user may have written it; a link is not followed, and nothing
 * beyond the size limit of its format is read. Throws the kernel's errors, such as EACCES.
 */
export function readState<T>(path: string, { maxBytes, parse }: FileFormat<T>): StateRead<T> {
	const read = readSmall(path, maxBytes);
	switch (read.kind) {
		case 'missing':
			return { kind: 'missing' };
		case 'irregular':
			return { kind: 'damaged', why: `it is ${read.why}` };
		case 'too-large':
			return { kind: 'damaged', why: `it holds more than ${maxBytes} bytes` };
		case 'file': {
			const value = parse(read.bytes);
			return value === undefined
				? { kind: 'damaged', why: 'it holds something else' }
				: { kind: 'value', value };
		}
	}
}

/** Returns the value in the file, or undefined if there is none that can be read. */
export function readValue<T>(path: string, format: FileFormat<T>): T | undefined {
	const read = readState(path, format);
	return read.kind === 'value' ? read.value : undefined;
}

/** A file of root's own state. Only its owner can write in its directory. */
export class StateFile<T> {
	readonly path: string;
	readonly #format: FileFormat<T>;
	readonly #encode: (value: T) => object;

	constructor(path: string, format: FileFormat<T>, encode: (value: T) => object) {
		this.path = path;
		this.#format = format;
		this.#encode = encode;
	}

	read(): StateRead<T> {
		return readState(this.path, this.#format);
	}

	/** Returns the value, or undefined if the file is missing or damaged. */
	value(): T | undefined {
		return readValue(this.path, this.#format);
	}

	/** Returns the value, or undefined if the file is missing. Throws `state-damaged` with this hint. */
	intactValue(hint: string): T | undefined {
		const read = this.read();
		switch (read.kind) {
			case 'value':
				return read.value;
			case 'missing':
				return undefined;
			case 'damaged': {
				const facts = { path: this.path, why: read.why };
				throw problem('state-damaged', `cannot read ${this.path}: it is damaged`, hint, { facts });
			}
		}
	}

	/** Replaces the value. Crash: the old value or the new one is there whole. */
	write(value: T): void {
		replaceDurably(this.path, `${JSON.stringify({ schema: 1, ...this.#encode(value) })}\n`);
	}
}
