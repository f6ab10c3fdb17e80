/**
 * The protocol between the updater (root) and the fetcher (unprivileged) over two pipes. Orders are lines of
 * JSON; answers are binary frames. Root trusts no length and no name in an answer: it counts and hashes by
 * itself.
 */

import { asObject, decodeText, type JsonObject, parseJson } from '../base/json.ts';
import { ARCHIVE_VIOLATIONS, type ArchiveViolation, type RawEntry } from './archive.ts';

/** The first line: settings for all orders. Times are in milliseconds. */
export interface FetchSettings {
	/** Null: no proxy. Proxies from the environment are never used. */
	readonly proxy: string | null;
	/** Additional origins that redirects may lead to. */
	readonly redirects: readonly string[];
	/** The only trusted certificates, in PEM. Null: Node's own. */
	readonly certificates: string | null;
	readonly limits: FetchLimits;
	/** How many orders run at once; others wait. */
	readonly parallel: number;
}

export interface FetchLimits {
	/** To connect, including the handshake. */
	readonly connect: number;
	/** From the start of an order to the headers of the last answer, including redirects. */
	readonly answer: number;
	/** Between two pieces of a body. */
	readonly idle: number;
	/** Minimum average rate over each `window`, in bytes per second. */
	readonly rate: number;
	readonly window: number;
}

/**
 * One file to fetch. `from` is the offset at which an earlier attempt ended; the file's `etag` must be
 * unchanged.
 */
export interface FetchOrder {
	readonly id: number;
	readonly url: string;
	readonly from: number;
	readonly etag: string | null;
	/** Maximum size of the whole file in bytes. */
	readonly limit: number;
}

/** Cancels the order with this id. */
export interface StopOrder {
	readonly stop: number;
}

/** The headers of an answer. */
export interface Head {
	/** Offset of the following bytes: 0, or that of the order. */
	readonly from: number;
	readonly etag: string | null;
}

/**
 * Why an order failed: a kind and a code from a small set, never text for people, because the fetcher is not
 * trusted. For `unreachable` and `certificate`, `why` is the name of the error; for `status`, the status
 * code.
 */
export type Fault =
	| { readonly kind: 'unreachable' | 'certificate' | 'status'; readonly why: string }
	| { readonly kind: 'slow'; readonly why: 'connect' | 'answer' | 'idle' | 'rate' | 'total' }
	| { readonly kind: 'redirect'; readonly why: 'origin' | 'plain' | 'many' | 'broken' }
	| { readonly kind: 'answer'; readonly why: 'encoding' | 'headers' | 'range' | 'malformed' }
	| { readonly kind: 'cut' | 'long' | 'url'; readonly why: '' }
	/** `path` is that of the entry, unverified; messages show it quoted. */
	| { readonly kind: 'archive'; readonly why: ArchiveViolation; readonly path: string };

/** The allowed values of `why` for each kind; any other value violates the protocol. */
const FAULTS: Readonly<Record<Exclude<Fault['kind'], 'archive'>, RegExp>> = {
	unreachable: /^[A-Z0-9_]{1,60}$/,
	certificate: /^[A-Z0-9_]{1,60}$/,
	status: /^[1-9][0-9]{2}$/,
	slow: /^(connect|answer|idle|rate|total)$/,
	redirect: /^(origin|plain|many|broken)$/,
	answer: /^(encoding|headers|range|malformed)$/,
	cut: /^$/,
	long: /^$/,
	url: /^$/,
};

export type Frame =
	/** The child has started; it writes this frame before its first order. */
	| { readonly kind: 'ready' }
	| { readonly kind: 'head'; readonly id: number; readonly head: Head }
	/** The next entry of an archive; its bytes follow. */
	| { readonly kind: 'entry'; readonly id: number; readonly entry: RawEntry }
	| { readonly kind: 'bytes'; readonly id: number; readonly bytes: Buffer }
	| { readonly kind: 'end'; readonly id: number }
	| { readonly kind: 'fault'; readonly id: number; readonly fault: Fault };

/** Maximum size of a `bytes` frame. */
export const PIECE_MAX = 64 * 1024;
/** Maximum size of the JSON in a frame, in bytes. */
const TEXT_MAX = 8 * 1024;

/** Each kind of frame with its first byte and the maximum length of its payload. */
const KINDS = [
	['ready', 0x52, 0],
	['head', 0x48, TEXT_MAX],
	['entry', 0x4e, TEXT_MAX],
	['bytes', 0x42, PIECE_MAX],
	['end', 0x45, 0],
	['fault', 0x46, TEXT_MAX],
] as const satisfies readonly (readonly [Frame['kind'], number, number])[];

/** One byte of kind, four of id, four of length. */
const HEAD_BYTES = 9;

/** Returns the encoded frame. The caller must not pass more than PIECE_MAX bytes. */
export function encodeFrame(frame: Frame): readonly Buffer[] {
	const payload = payloadOf(frame);
	const head = Buffer.alloc(HEAD_BYTES);
	head.writeUInt8(KINDS.find(([kind]) => kind === frame.kind)?.[1] ?? 0, 0);
	head.writeUInt32BE(frame.kind === 'ready' ? 0 : frame.id, 1);
	head.writeUInt32BE(payload.length, 5);
	return [head, payload];
}

function payloadOf(frame: Frame): Buffer {
	switch (frame.kind) {
		case 'ready':
		case 'end':
			return Buffer.alloc(0);
		case 'head':
			return Buffer.from(JSON.stringify(frame.head));
		case 'entry':
			return Buffer.from(JSON.stringify(frame.entry));
		case 'bytes':
			return frame.bytes;
		case 'fault':
			return Buffer.from(JSON.stringify(frame.fault));
	}
}

/** The child violated the protocol; none of its further output can be trusted. */
export class ProtocolViolation extends Error {
	constructor(why: string) {
		super(why);
		this.name = 'ProtocolViolation';
	}
}

/**
 * Splits the child's output into frames. Trust: none. It buffers less than one frame, and throws before it
 * buffers a frame that claims to be longer than its kind allows.
 */
export class FrameReader {
	#left: Buffer = Buffer.alloc(0);

	/** Returns the frames that are complete now. Throws ProtocolViolation. */
	*take(piece: Buffer): Iterable<Frame> {
		this.#left = this.#left.length === 0 ? piece : Buffer.concat([this.#left, piece]);
		for (;;) {
			const length = this.#next();
			if (length === undefined) break;
			const frame = this.#left.subarray(0, length);
			this.#left = this.#left.subarray(length);
			yield decodeFrame(frame);
		}
		// Copied, so that a small rest does not keep its large piece in memory.
		this.#left = Buffer.from(this.#left);
	}

	/** The length of the first frame, if it is complete. */
	#next(): number | undefined {
		const kind = this.#left[0];
		if (kind === undefined) return undefined;
		const most = KINDS.find(([, byte]) => byte === kind)?.[2];
		if (most === undefined) throw new ProtocolViolation('a frame of unknown kind');
		if (this.#left.length < HEAD_BYTES) return undefined;
		const length = this.#left.readUInt32BE(5);
		if (length > most) throw new ProtocolViolation('a frame that is too long');
		return this.#left.length < HEAD_BYTES + length ? undefined : HEAD_BYTES + length;
	}
}

function decodeFrame(bytes: Buffer): Frame {
	const kind = KINDS.find(([, byte]) => byte === bytes[0])?.[0];
	const id = bytes.readUInt32BE(1);
	const payload = bytes.subarray(HEAD_BYTES);
	switch (kind) {
		case 'ready':
			return { kind };
		case 'head':
			return { kind, id, head: parseHead(objectIn(payload)) };
		case 'entry':
			return { kind, id, entry: parseEntry(objectIn(payload)) };
		case 'bytes':
			return { kind, id, bytes: payload };
		case 'end':
			return { kind, id };
		case 'fault':
			return { kind, id, fault: parseFault(objectIn(payload)) };
		case undefined:
			throw new ProtocolViolation('a frame of unknown kind');
	}
}

function objectIn(payload: Buffer): JsonObject {
	const text = decodeText(payload);
	const parsed = text === undefined ? undefined : parseJson(text);
	const object = parsed?.kind === 'json' ? asObject(parsed.value) : undefined;
	if (object === undefined) throw new ProtocolViolation('a frame without an object');
	return object;
}

function parseHead({ from, etag }: JsonObject): Head {
	if (typeof from !== 'number' || !Number.isSafeInteger(from) || from < 0)
		throw new ProtocolViolation('a head without an offset');
	if (etag !== null && !isEtag(etag)) throw new ProtocolViolation('a head with an invalid etag');
	return { from, etag };
}

/** Returns whether `value` is a strong entity tag, which guarantees identical bytes (RFC 9110 §8.8.3). */
export function isEtag(value: unknown): value is string {
	return typeof value === 'string' && /^"[\x21\x23-\x7E]{0,200}"$/.test(value);
}

/** Checks only the types; ArchiveRules decides whether the entry is allowed. */
function parseEntry({ kind, path, mode, size, target }: JsonObject): RawEntry {
	const isKnown = kind === 'file' || kind === 'directory' || kind === 'link';
	const isWhole =
		typeof path === 'string' &&
		typeof target === 'string' &&
		typeof mode === 'number' &&
		typeof size === 'number';
	if (!isKnown || !isWhole) throw new ProtocolViolation('an entry of unknown kind');
	return { kind, path, mode, size, target };
}

function parseFault({ kind, why, path }: JsonObject): Fault {
	if (
		kind === 'archive' &&
		typeof why === 'string' &&
		Object.hasOwn(ARCHIVE_VIOLATIONS, why) &&
		typeof path === 'string' &&
		path.length <= 200
	)
		return { kind, why: why as ArchiveViolation, path };
	const isKnown = typeof kind === 'string' && Object.hasOwn(FAULTS, kind) && typeof why === 'string';
	// FAULTS has a row for every kind, so a value that matches its row is a Fault.
	if (isKnown && FAULTS[kind as keyof typeof FAULTS].test(why)) return { kind, why } as Fault;
	throw new ProtocolViolation('a fault of unknown kind');
}

/** Returns the time limit of an order in milliseconds: the time that the minimum rate needs for `bytes`. */
export function totalLimit({ answer, window, rate }: FetchLimits, bytes: number): number {
	return answer + 2 * window + Math.ceil((bytes / rate) * 1000);
}
