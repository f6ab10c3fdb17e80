/**
 * The journal: append-only, one checksummed line a fact, synced before and after each effect. What is not in
 * it did not happen; what is half in it (a torn last line) did not happen either.
 */
import { crc32 } from 'node:zlib';
import type { ErrorRecord } from '../base/error.ts';
import { asObject, type JsonObject, parseJson } from '../base/json.ts';
import type { Tag } from '../release/tag.ts';
import { DEFAULT_TERMS, type ReleaseTerms } from '../release/terms.ts';
import type { Version } from '../release/version.ts';
import type { ChangeId, ChangeKind } from './change.ts';
import type { Outcome } from './outcome.ts';
import type { DataChoice } from './rollback-preview.ts';
import type { StepId, StepKind, StepRecords } from './step.ts';

/** What a change sets out to do. `of` is the change whose backup a rollback by hand brings back. */
export interface Opened {
	readonly change: ChangeId;
	readonly kind: ChangeKind;
	readonly product: string;
	readonly from: Version;
	readonly to: Version;
	/** The release's tag; for a rollback the one of the release that comes back. */
	readonly tag: Tag;
	/** The tag at the end of the path asked for; the same as `tag` for a single step. */
	readonly goal: Tag;
	readonly of: ChangeId | null;
	/**
	 * For a rollback: what becomes of the data. Missing in journals of older updaters, which brought it back.
	 */
	readonly data?: DataChoice;
	/** How the release is trusted; `unsigned` is shown everywhere. */
	readonly trust: string;
}

export type Fact =
	| { readonly event: 'opened'; readonly opened: Opened }
	/**
	 * A process took the open change over. `boot` is the kernel's boot id: another one means that the machine
	 * went down.
	 */
	| { readonly event: 'resumed'; readonly boot: string }
	/** `boot`, of a reboot: the boot that is to end. */
	| { readonly event: 'doing'; readonly step: StepId; readonly attempt: number; readonly boot?: string }
	| { readonly event: 'done'; readonly step: StepId; readonly record: JsonObject }
	/**
	 * `later`: a hook asked to be run later (exit 75 or 21), or the machine did not go down yet; `no`: it
	 * failed.
	 */
	| {
			readonly event: 'failed';
			readonly step: StepId;
			readonly error: ErrorRecord;
			readonly again: 'later' | 'no';
	  }
	| { readonly event: 'undoing'; readonly step: StepId; readonly attempt: number }
	| { readonly event: 'undone'; readonly step: StepId }
	| { readonly event: 'undo-failed'; readonly step: StepId; readonly error: ErrorRecord }
	| { readonly event: 'closed'; readonly outcome: Outcome };

/** A fact with its place and time: `seq` counts from 1, `at` is milliseconds since 1970. */
export type JournalEntry = Fact & { readonly seq: number; readonly at: number };

export type Journal = readonly JournalEntry[];

/** Returns the facts of a journal's opening. Throws never: a journal without one has nothing to do. */
export function openedOf(journal: Journal): Opened | undefined {
	const first = journal[0];
	return first?.event === 'opened' ? first.opened : undefined;
}

/** Returns what `do` of the first step of this kind left, or undefined when it was not done. */
export function recordOfStep<K extends StepKind>(journal: Journal, kind: K): StepRecords[K] | undefined {
	const done = journal.find((entry) => entry.event === 'done' && entry.step === (kind as string));
	// The line's checksum held, so it is what our own `do` of this kind wrote.
	return done?.event === 'done' ? (done.record as unknown as StepRecords[K]) : undefined;
}

/**
 * Returns what the change's release asks of the box; the defaults before it was inspected, and for a
 * rollback.
 */
export function termsOf(journal: Journal): ReleaseTerms {
	// A change that an older updater began has no terms in its record.
	return { ...DEFAULT_TERMS, ...recordOfStep(journal, 'inspect')?.terms };
}

/** Returns one line of the journal file, with its line end: the checksum, a space, the entry as JSON. */
export function encodeEntry(entry: JournalEntry): string {
	const body = JSON.stringify(entry);
	return `${checksum(body)} ${body}\n`;
}

export type DecodedJournal =
	/**
	 * `kept` is the length in bytes of the whole lines; what follows it was torn by a cut and is to be cut off.
	 */
	| { readonly kind: 'journal'; readonly entries: Journal; readonly kept: number }
	| { readonly kind: 'damaged'; readonly line: number };

/**
 * Reads a journal file. A torn last line is dropped; a bad line with good ones after it is damage, not a cut.
 */
export function decodeJournal(bytes: Uint8Array): DecodedJournal {
	const entries: JournalEntry[] = [];
	let kept = 0;
	const lines = splitLines(bytes);
	for (const [index, line] of lines.entries()) {
		const entry = decodeLine(line.text, entries.length + 1);
		if (entry === undefined) {
			return index === lines.length - 1
				? { kind: 'journal', entries, kept }
				: { kind: 'damaged', line: index + 1 };
		}
		entries.push(entry);
		kept = line.end;
	}
	return { kind: 'journal', entries, kept };
}

/** Returns what can still be read of a damaged journal: every line whose checksum holds, numbered anew. */
export function salvageJournal(bytes: Uint8Array): Journal {
	const whole = splitLines(bytes).flatMap(({ text }) => bodyOf(text) ?? []);
	return whole.map((entry, index) => ({ ...(entry as unknown as JournalEntry), seq: index + 1 }));
}

/**
 * Each line, its line end included, with the offset just behind it; a last piece without a line end counts
 * too.
 */
function splitLines(bytes: Uint8Array): { text: string; end: number }[] {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const lines: { text: string; end: number }[] = [];
	for (let start = 0; start < buffer.length; ) {
		const stop = buffer.indexOf(0x0a, start);
		const end = stop === -1 ? buffer.length : stop + 1;
		lines.push({ text: buffer.toString('utf8', start, end), end });
		start = end;
	}
	return lines;
}

function decodeLine(line: string, seq: number): JournalEntry | undefined {
	const entry = bodyOf(line);
	return entry?.['seq'] === seq ? (entry as unknown as JournalEntry) : undefined;
}

function bodyOf(line: string): JsonObject | undefined {
	const body = line.slice(9, -1);
	if (!line.endsWith('\n') || line[8] !== ' ' || line.slice(0, 8) !== checksum(body)) return undefined;
	const parsed = parseJson(body);
	return parsed.kind === 'json' ? asObject(parsed.value) : undefined;
}

/**
 * CRC-32 of a text's UTF-8 bytes as eight hexadecimal digits: it finds torn writes, it is no defence against
 * forgery.
 */
export function checksum(text: string): string {
	return crc32(text).toString(16).padStart(8, '0');
}
