/**
 * The log: one JSON object per line, in a file and on stderr, without control characters from untrusted names
 * or texts.
 */
import { renameSync, statSync } from 'node:fs';
import pino from 'pino';
import { errnoOf } from '../model/base/errno.ts';
import type { ErrorRecord, Facts } from '../model/base/error.ts';

/** A larger file is renamed to `.1`, replacing the previous one. */
const ROTATE_BYTES = 8 * 1024 * 1024;
/** How many lines are written between two checks of the file size. */
const LOOK_EVERY = 500;

export interface LogTarget {
	/** Which program writes: `karen`, `updater`. */
	readonly program: string;
	/** Undefined: no file. Created with mode 0600; its directory must exist. */
	readonly file: string | undefined;
	readonly stderr: 'stderr' | 'quiet';
}

/** An open log. Writing never throws: a full disk must not end the program that reports it. */
export interface Log {
	info(message: string, facts?: Facts): void;
	warn(message: string, facts?: Facts): void;
	/** Writes an error with its code, hint and facts, and further `facts` of the caller. */
	problem(record: ErrorRecord, facts?: Facts): void;
}

/** Opens the log. Lines are written to the kernel when a call returns; nothing is synced to disk. */
export function openLog(target: LogTarget): Log {
	const file = target.file === undefined ? undefined : openFile(target.file);
	const streams = [
		...(file === undefined ? [] : [file]),
		...(target.stderr === 'stderr' ? [destination(2)] : []),
	];
	const logger = pino(
		{
			base: { program: target.program, pid: process.pid },
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (level) => ({ level }) },
		},
		pino.multistream(streams.map((stream) => ({ stream }))),
	);
	return {
		info: (message, facts = {}) => logger.info(clean(facts), plain(message)),
		warn: (message, facts = {}) => logger.warn(clean(facts), plain(message)),
		problem: ({ code, message, hint, retry, facts: own }, facts = {}) =>
			logger.error({ ...clean(own), ...clean(facts), code, hint: plain(hint), retry }, plain(message)),
	};
}

/** A full disk or a closed pipe loses lines, but never ends the program. */
function destination(dest: string | number) {
	const options = typeof dest === 'string' ? { dest, sync: true, mode: 0o600 } : { dest, sync: true };
	const stream = pino.destination(options);
	stream.on('error', () => undefined);
	return stream;
}

function openFile(path: string): { write(line: string): void } {
	setAside(path);
	const stream = destination(path);
	let lines = 0;
	return {
		write(line) {
			lines += 1;
			if (lines % LOOK_EVERY === 0 && setAside(path)) stream.reopen();
			stream.write(line);
		},
	};
}

/** Renames the file when it is too large. Other programs that have it open continue in the renamed one. */
function setAside(path: string): boolean {
	try {
		if (statSync(path).size <= ROTATE_BYTES) return false;
		renameSync(path, `${path}.1`);
		return true;
	} catch (thrown) {
		if (errnoOf(thrown) === '') throw thrown;
		return false;
	}
}

function clean(facts: Facts): Record<string, string | number | boolean | string[]> {
	return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, cleanFact(value)]));
}

function cleanFact(value: Facts[string]): string | number | boolean | string[] {
	if (typeof value === 'string') return plain(value);
	return typeof value === 'object' ? value.map(plain) : value;
}

function plain(text: string): string {
	return text.replace(/\p{Cc}/gu, '?');
}
