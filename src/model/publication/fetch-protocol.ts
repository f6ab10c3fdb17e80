/**
 * What the updater, which is root, and the fetcher, which has no rights, say to each other over two pipes. Orders go down as lines
 * of JSON; answers come up as frames. Root believes no length and no name that comes up: it counts, hashes and decides itself.
 */

import { asObject, decodeText, type JsonObject, parseJson } from '../base/json.ts';
import { ARCHIVE_VIOLATIONS, type ArchiveViolation, type RawEntry } from './archive.ts';

/** The first line: what holds for all orders. Times in milliseconds. */
export interface FetchSettings {
	/** Null: none. The environment's is never used. */
	readonly proxy: string | null;
	/** Origins besides the asked one that redirects may lead to. */
	readonly redirects: readonly string[];
	/** PEM; the only ones believed. Null: those that Node brings. */
	readonly certificates: string | null;
	readonly limits: FetchLimits;
	/** How many orders are worked on at once; others wait. */
	readonly parallel: number;
}

export interface FetchLimits {
	/** To connect, a handshake included. */
	readonly connect: number;
	/** From the start of an order to the headers of its last answer, redirects included. */
	readonly answer: number;
	/** Between two pieces of a body. */
	readonly idle: number;
	/** The least bytes a second, on average over each `window`. */
	readonly rate: number;
	readonly window: number;
}

/** One file to get. `from` is where an earlier try broke off; `etag` must then still be the file's. */
export interface FetchOrder {
	readonly id: number;
	readonly url: string;
	readonly from: number;
	readonly etag: string | null;
	/** Bytes of the whole file; more are not read. */
	readonly limit: number;
}

/** Nobody wants the answer to that order any more. */
export interface StopOrder {
	readonly stop: number;
}

/** The headers of an answer. */
export interface Head {
	/** 0, or the order's: where the bytes that follow belong. */
	readonly from: number;
	readonly etag: string | null;
}

/**
 * What kept an order from being done: a kind, and a word or number of a small set. The child writes no sentence that anybody will
 * read. `unreachable` and `certificate` have the name of the error as their why, `status` the number of the answer.
 */
export type Fault =
	| { readonly kind: 'unreachable' | 'certificate' | 'status'; readonly why: string }
	| { readonly kind: 'slow'; readonly why: 'connect' | 'answer' | 'idle' | 'rate' | 'total' }
	| { readonly kind: 'redirect'; readonly why: 'origin' | 'plain' | 'many' | 'broken' }
	| { readonly kind: 'answer'; readonly why: 'encoding' | 'headers' | 'range' | 'malformed' }
	| { readonly kind: 'cut' | 'long' | 'url'; readonly why: '' }
	/** `path` is the entry's, as the archive has it: for people, and only quoted. */
	| { readonly kind: 'archive'; readonly why: ArchiveViolation; readonly path: string };

/** What each kind of fault may have as its why; anything else is a breach. */
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
	/** The child is up; what it writes before its first order is this. */
	| { readonly kind: 'ready' }
	| { readonly kind: 'head'; readonly id: number; readonly head: Head }
	/** What an archive has next, with the bytes that follow. */
	| { readonly kind: 'entry'; readonly id: number; readonly entry: RawEntry }
	| { readonly kind: 'bytes'; readonly id: number; readonly bytes: Buffer }
	| { readonly kind: 'end'; readonly id: number }
	| { readonly kind: 'fault'; readonly id: number; readonly fault: Fault };

/** Bytes of one piece of a body. */
export const PIECE_MAX = 64 * 1024;
/** Bytes of what is written as JSON in a frame. */
const TEXT_MAX = 8 * 1024;

/** Each kind of frame with its first byte and the most bytes that may follow its head. */
const KINDS = [
	['ready', 0x52, 0],
	['head', 0x48, TEXT_MAX],
	['entry', 0x4e, TEXT_MAX],
	['bytes', 0x42, PIECE_MAX],
	['end', 0x45, 0],
	['fault', 0x46, TEXT_MAX],
] as const satisfies readonly (readonly [Frame['kind'], number, number])[];

/** A kind, an id, a length. */
const HEAD_BYTES = 9;

/** Returns a frame as it goes over the pipe. Bytes of more than a piece are the caller's mistake. */
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

/** What came is no frame; nothing that follows can be believed. */
export class Breach extends Error {
	constructor(why: string) {
		super(why);
		this.name = 'Breach';
	}
}

/**
 * Takes the child's output apart. Trust: none. Holds less than one frame; one that claims to be longer than its kind may be is a
 * Breach before any of it is kept.
 */
export class FrameReader {
	#left: Buffer = Buffer.alloc(0);

	/** Returns the frames that are whole now. Throws Breach. */
	*take(piece: Buffer): Iterable<Frame> {
		this.#left = this.#left.length === 0 ? piece : Buffer.concat([this.#left, piece]);
		for (;;) {
			const length = this.#next();
			if (length === undefined) break;
			const frame = this.#left.subarray(0, length);
			this.#left = this.#left.subarray(length);
			yield decodeFrame(frame);
		}
		// A small rest must not keep the large piece in memory that it came with.
		this.#left = Buffer.from(this.#left);
	}

	/** The length of the first frame, if it is whole. */
	#next(): number | undefined {
		const kind = this.#left[0];
		if (kind === undefined) return undefined;
		const most = KINDS.find(([, byte]) => byte === kind)?.[2];
		if (most === undefined) throw new Breach('a frame of no kind');
		if (this.#left.length < HEAD_BYTES) return undefined;
		const length = this.#left.readUInt32BE(5);
		if (length > most) throw new Breach('a frame that is too long');
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
			throw new Breach('a frame of no kind');
	}
}

function objectIn(payload: Buffer): JsonObject {
	const text = decodeText(payload);
	const parsed = text === undefined ? undefined : parseJson(text);
	const object = parsed?.kind === 'json' ? asObject(parsed.value) : undefined;
	if (object === undefined) throw new Breach('a frame that holds no object');
	return object;
}

function parseHead({ from, etag }: JsonObject): Head {
	if (typeof from !== 'number' || !Number.isSafeInteger(from) || from < 0)
		throw new Breach('a head without a place');
	if (etag !== null && !isEtag(etag)) throw new Breach('a head with an odd etag');
	return { from, etag };
}

/** Whether a text is a strong entity tag: only those say that a file is the same byte for byte (RFC 9110 §8.8.3). */
export function isEtag(value: unknown): value is string {
	return typeof value === 'string' && /^"[\x21\x23-\x7E]{0,200}"$/.test(value);
}

/** Whether it may be in an archive is for ArchiveRules to say. */
function parseEntry({ kind, path, mode, size, target }: JsonObject): RawEntry {
	const isKnown = kind === 'file' || kind === 'directory' || kind === 'link';
	const isWhole =
		typeof path === 'string' &&
		typeof target === 'string' &&
		typeof mode === 'number' &&
		typeof size === 'number';
	if (!isKnown || !isWhole) throw new Breach('an entry of no kind');
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
	// The table is as wide as the type: what matches its row is a fault.
	if (isKnown && FAULTS[kind as keyof typeof FAULTS].test(why)) return { kind, why } as Fault;
	throw new Breach('a fault of no kind');
}

/** Returns how long one order may take in all, in milliseconds: as long as the slowest line that is still allowed would need. */
export function totalLimit({ answer, window, rate }: FetchLimits, bytes: number): number {
	return answer + 2 * window + Math.ceil((bytes / rate) * 1000);
}
