/**
 * The ledger: which touch of each signal has been answered, and which runs go on. One checksummed line a fact, the last one of
 * a name counts. It lies in root's own state, so that nobody else can make karen forget a touch or believe in a run.
 */
import { readFileSync, renameSync } from 'node:fs';
import { asObject, type Json, parseJson } from '../../../model/base/json.ts';
import { checksum } from '../../../model/change/journal.ts';
import {
	type ProcessMark,
	parseSignalName,
	type SignalName,
	type Stamp,
} from '../../../model/signal/signal.ts';
import { AppendFile, errnoOf, replaceDurably } from '../../../system/files/files.ts';

/** A run that goes on, as a restarted karen finds it again. */
export interface RunMark {
	readonly id: string;
	readonly process: ProcessMark;
	/** ISO 8601 in UTC. */
	readonly receivedAt: string;
	readonly startedAt: string;
}

export interface LedgerEntry {
	readonly name: SignalName;
	/** The touch that was answered; null: the signal's file is gone, and so is the entry. */
	readonly stamp: Stamp | null;
	readonly run: RunMark | null;
}

/** What was found at the ledger's place. `damaged`: set aside as `ledger.damaged`. */
export type LedgerFound = 'whole' | 'none' | 'damaged';

/** Bytes beyond what its entries need, after which the file is written anew. */
const SLACK = 1024 * 1024;

export class Ledger {
	readonly found: LedgerFound;
	readonly #path: string;
	readonly #syncFailed: (thrown: Error) => void;
	readonly #entries: Map<SignalName, LedgerEntry>;
	#file: AppendFile;
	/** Bytes written since the file was last written anew. */
	#grown = 0;

	/**
	 * Opens or makes the ledger. Crash: a line torn by a power cut is dropped, and its touch runs again; a bad line before
	 * good ones is damage, after which nothing in the file is believed. `syncFailed` hears of syncs that nobody waited for.
	 */
	constructor(path: string, syncFailed: (thrown: Error) => void) {
		this.#path = path;
		this.#syncFailed = syncFailed;
		const read = readLedger(path);
		this.found = read.kind;
		this.#entries = read.kind === 'whole' ? read.entries : new Map();
		if (read.kind === 'damaged') renameSync(path, `${path}.damaged`);
		this.#file = this.#writeAnew();
	}

	entries(): LedgerEntry[] {
		return [...this.#entries.values()];
	}

	/** Returns the touch of a signal that was answered last, or null. */
	stampOf(name: SignalName): Stamp | null {
		return this.#entries.get(name)?.stamp ?? null;
	}

	/** Returns the run of a signal that goes on, or null. */
	runOf(name: SignalName): RunMark | null {
		return this.#entries.get(name)?.run ?? null;
	}

	/** Writes entries, in one write. A karen that is killed now loses none of them; a power cut may, until they are synced. */
	write(entries: readonly LedgerEntry[]): void {
		if (entries.length === 0) return;
		for (const entry of entries) keep(this.#entries, entry);
		const lines = entries.map(encode).join('');
		this.#file.write(lines);
		this.#grown += lines.length;
		if (this.#grown <= SLACK) return;
		this.#file.close();
		this.#file = this.#writeAnew();
	}

	/** Returns when all that was written is on disk. */
	sync(): void {
		this.#file.sync();
	}

	/** Brings all that was written to disk, beside whatever else goes on. */
	syncBeside(): void {
		this.#file.syncBeside(this.#syncFailed);
	}

	close(): void {
		this.#file.sync();
		this.#file.close();
	}

	#writeAnew(): AppendFile {
		replaceDurably(this.#path, this.entries().map(encode).join(''));
		this.#grown = 0;
		return new AppendFile(this.#path);
	}
}

type ReadLedger =
	| { readonly kind: 'none' | 'damaged' }
	| { readonly kind: 'whole'; readonly entries: Map<SignalName, LedgerEntry> };

function readLedger(path: string): ReadLedger {
	const text = readText(path);
	if (text === undefined) return { kind: 'none' };
	const lines = text.split('\n');
	// What follows the last line end was torn by a cut; without a cut it is empty.
	lines.pop();
	const decoded = lines.map(decode);
	if (decoded.at(-1) === undefined) decoded.pop();
	const entries = new Map<SignalName, LedgerEntry>();
	for (const entry of decoded) {
		if (entry === undefined) return { kind: 'damaged' };
		keep(entries, entry);
	}
	return { kind: 'whole', entries };
}

function readText(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return undefined;
		throw thrown;
	}
}

/** A run that goes on is kept when its signal's file is gone: it must be found again. */
function keep(entries: Map<SignalName, LedgerEntry>, entry: LedgerEntry): void {
	if (entry.stamp === null && entry.run === null) entries.delete(entry.name);
	else entries.set(entry.name, entry);
}

function encode(entry: LedgerEntry): string {
	const body = JSON.stringify(entry);
	return `${checksum(body)} ${body}\n`;
}

function decode(line: string): LedgerEntry | undefined {
	const body = line.slice(9);
	if (line[8] !== ' ' || line.slice(0, 8) !== checksum(body)) return undefined;
	const parsed = parseJson(body);
	const raw = parsed.kind === 'json' ? asObject(parsed.value) : undefined;
	const name = parseSignalName(textOf(raw?.['name']));
	if (raw === undefined || name === undefined) return undefined;
	// The line's checksum held, so these are what our own karen wrote.
	return { name, stamp: raw['stamp'] as Stamp | null, run: raw['run'] as unknown as RunMark | null };
}

function textOf(value: Json | undefined): string {
	return typeof value === 'string' ? value : '';
}
