/**
 * The ledger: the last handled touch of each signal, and the current runs. It has one checksummed line per
 * fact, and the last line of a name counts. It lies in root's state directory, so that other users cannot
 * forge or drop entries.
 */
import { readFileSync, renameSync } from 'node:fs';
import { errnoOf } from '../../../model/base/errno.ts';
import { asObject, type Json, parseJson } from '../../../model/base/json.ts';
import { checksum } from '../../../model/change/journal.ts';
import {
	type ProcessMark,
	parseSignalName,
	type SignalName,
	type Stamp,
} from '../../../model/signal/signal.ts';
import { AppendFile } from '../../../system/files/append-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';

/** A current run, by which a restarted karen finds it. */
export interface RunMark {
	readonly id: string;
	readonly process: ProcessMark;
	/** ISO 8601 in UTC. */
	readonly receivedAt: string;
	readonly startedAt: string;
}

export interface LedgerEntry {
	readonly name: SignalName;
	/** The handled touch; null: the signal's file is gone. */
	readonly stamp: Stamp | null;
	readonly run: RunMark | null;
}

/** State of the ledger file when it was opened. `damaged`: renamed to `ledger.damaged`. */
export type LedgerFound = 'whole' | 'none' | 'damaged';

/** After this many appended bytes the file is rewritten. */
const SLACK = 1024 * 1024;

export class Ledger {
	readonly found: LedgerFound;
	readonly #path: string;
	readonly #syncFailed: (thrown: Error) => void;
	readonly #entries: Map<SignalName, LedgerEntry>;
	#file: AppendFile;
	/** Bytes appended since the last rewrite. */
	#grown = 0;

	/**
	 * Opens or creates the ledger. Crash: an incomplete last line is dropped, and its touch runs again. A bad
	 * line before good ones means damage, and the whole file is ignored. `syncFailed` receives errors of
	 * `syncBeside`.
	 */
	constructor(path: string, syncFailed: (thrown: Error) => void) {
		this.#path = path;
		this.#syncFailed = syncFailed;
		const read = readLedger(path);
		this.found = read.kind;
		this.#entries = read.kind === 'whole' ? read.entries : new Map();
		if (read.kind === 'damaged') renameSync(path, `${path}.damaged`);
		this.#file = this.#rewrite();
	}

	entries(): LedgerEntry[] {
		return [...this.#entries.values()];
	}

	/** Returns the last handled touch of a signal, or null. */
	stampOf(name: SignalName): Stamp | null {
		return this.#entries.get(name)?.stamp ?? null;
	}

	/** Returns the current run of a signal, or null. */
	runOf(name: SignalName): RunMark | null {
		return this.#entries.get(name)?.run ?? null;
	}

	/** Appends entries in one write. They survive a killed karen at once, and a power cut only after a sync. */
	write(entries: readonly LedgerEntry[]): void {
		if (entries.length === 0) return;
		for (const entry of entries) keep(this.#entries, entry);
		const lines = entries.map(encode).join('');
		this.#file.write(lines);
		this.#grown += lines.length;
		if (this.#grown <= SLACK) return;
		this.#file.close();
		this.#file = this.#rewrite();
	}

	/** Returns when all entries are on disk. */
	sync(): void {
		this.#file.sync();
	}

	/** Syncs all entries in the background. */
	syncBeside(): void {
		this.#file.syncBeside(this.#syncFailed);
	}

	close(): void {
		this.#file.sync();
		this.#file.close();
	}

	#rewrite(): AppendFile {
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
	// Text after the last line end is an incomplete line; it is empty in an intact file.
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

/** An entry with a current run stays when its signal's file is gone: a restarted karen must find the run. */
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
	// The checksum matches, so karen wrote this line.
	return { name, stamp: raw['stamp'] as Stamp | null, run: raw['run'] as unknown as RunMark | null };
}

function textOf(value: Json | undefined): string {
	return typeof value === 'string' ? value : '';
}
