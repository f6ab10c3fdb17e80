/**
 * Downloads files through the fetcher: retries, resumes interrupted downloads, and verifies size and digest
 * here.
 */
import { join } from 'node:path';
import type { ClockSense } from '../../model/base/earliest-time.ts';
import { Problem, problem } from '../../model/base/error.ts';
import type { Fault, Head } from '../../model/publication/fetch-protocol.ts';
import type { Sha256 } from '../../model/release/manifest.ts';
import { type Clock, randomHex } from '../../system/clock.ts';
import type { GetEnd } from '../../system/fetcher/order.ts';
import type { Fetcher } from '../../system/fetcher/process.ts';
import { PartialFile } from '../../system/files/partial-file.ts';
import { fetchProblem, mayPass } from './fetch-problem.ts';

export interface FetchWorld {
	readonly fetcher: Pick<Fetcher, 'get'>;
	readonly clock: Pick<Clock, 'sleep'>;
	readonly sense: () => ClockSense;
}

export interface WantedFile {
	readonly url: string;
	/** Bytes; undefined: the size is unknown. */
	readonly length?: number;
	readonly sha256?: Sha256;
	/** Maximum bytes, whatever size was announced. */
	readonly limit: number;
}

export interface FetchedFile {
	readonly path: string;
	readonly bytes: number;
	readonly sha256: Sha256;
}

/**
 * Consecutive attempts without progress, and the pause after the first in milliseconds, doubled each time.
 */
const TRIES = 3;
const PAUSE = 1000;
/** Bytes that count as progress, and the maximum number of attempts. */
const WORTHWHILE = 64 * 1024;
const TRIES_IN_ALL = 50;

/**
 * Returns the bytes of a file, or undefined if the source has none of that name. Trust: the bytes are
 * unverified. Throws the `source-…` codes, `redirect-refused`, `file-too-long`, `fetcher-failed`.
 */
export async function fetchBytes(
	world: FetchWorld,
	{ url, limit }: Pick<WantedFile, 'url' | 'limit'>,
): Promise<Buffer | undefined> {
	let pieces: Buffer[] = [];
	const sink = {
		head: () => {
			pieces = [];
		},
		bytes: (bytes: Buffer) => void pieces.push(Buffer.from(bytes)),
	};
	const fault = await withRetries(
		world,
		() => world.fetcher.get({ url, from: 0, etag: null, limit }, sink),
		() => 0,
	);
	if (fault === undefined) return Buffer.concat(pieces);
	if (fault.kind === 'status' && (fault.why === '404' || fault.why === '410')) return undefined;
	throw fetchProblem(url, fault, world.sense);
}

/**
 * Downloads a file into `directory`, where no other user may write, with its digest as its name. Once it
 * returns, the file is on disk with the expected length and digest. After a crash or a connection failure, a
 * file with a known digest leaves `<digest>.part`, which the next attempt resumes; any other error leaves
 * nothing. Only one download per digest may run at a time. Throws like fetchBytes, and `file-missing`,
 * `file-changed`.
 */
export async function fetchToFile(
	world: FetchWorld,
	wanted: WantedFile,
	directory: string,
	onBytes: (bytes: number) => void = () => undefined,
): Promise<FetchedFile> {
	const part = new PartialFile(join(directory, `${wanted.sha256 ?? randomHex(32)}.part`));
	try {
		await complete(world, wanted, part, onBytes);
		const sha256 = part.digest();
		const path = join(directory, sha256);
		part.finish(path);
		return { path, bytes: part.length, sha256 };
	} catch (thrown) {
		const isLine = thrown instanceof Problem && thrown.record.retry === 'later';
		part.abandon(isLine && wanted.sha256 !== undefined ? 'kept' : 'removed');
		throw thrown;
	}
}

/** Parts of an earlier attempt may be from another file: in that case everything is downloaded once more. */
async function complete(
	world: FetchWorld,
	wanted: WantedFile,
	part: PartialFile,
	onBytes: (bytes: number) => void,
): Promise<void> {
	if (part.length > mostOf(wanted)) part.restart();
	const hadBytes = part.length > 0;
	const how = await download(world, wanted, part, onBytes);
	if (isAsWanted(wanted, part)) return;
	if (hadBytes || how === 'in parts') {
		part.restart();
		await download(world, wanted, part, onBytes);
	}
	if (!isAsWanted(wanted, part)) throw changed(wanted, part);
}

function mostOf({ length, limit }: WantedFile): number {
	return Math.min(length ?? limit, limit);
}

function isAsWanted({ length, sha256 }: WantedFile, part: PartialFile): boolean {
	return (
		(length === undefined || part.length === length) && (sha256 === undefined || part.digest() === sha256)
	);
}

/** Downloads the missing rest. Returns whether it came in one response. */
async function download(
	world: FetchWorld,
	wanted: WantedFile,
	part: PartialFile,
	onBytes: (bytes: number) => void,
): Promise<'at once' | 'in parts'> {
	const { url, sha256 } = wanted;
	let etag: string | null = null;
	let parts = 0;
	const sink = {
		head(head: Head) {
			if (head.from !== part.length) part.restart();
			etag = head.etag;
			parts += 1;
		},
		bytes(bytes: Buffer) {
			part.append(bytes);
			onBytes(part.length);
		},
	};
	const fault = await withRetries(
		world,
		async () => {
			if (wanted.length !== undefined && part.length === wanted.length) return { kind: 'done' };
			// Without a digest or an ETag, the rest cannot be matched to the part that is here.
			if (sha256 === undefined && etag === null) part.restart();
			const end = await world.fetcher.get({ url, from: part.length, etag, limit: mostOf(wanted) }, sink);
			if (end.kind === 'fault' && end.fault.why === '416') part.restart();
			return end;
		},
		() => part.length,
	);
	if (fault !== undefined) throw fetchProblem(url, fault, world.sense);
	return parts > 1 ? 'in parts' : 'at once';
}

/**
 * Tries until it succeeds, meets a permanent fault, or makes no progress in too many attempts; returns that
 * fault.
 */
async function withRetries(
	world: FetchWorld,
	act: () => Promise<GetEnd>,
	progress: () => number,
): Promise<Fault | undefined> {
	let inVain = 0;
	for (let tries = 1; ; tries += 1) {
		const before = progress();
		const end = await act();
		if (end.kind === 'done') return undefined;
		inVain = progress() - before >= WORTHWHILE ? 0 : inVain + 1;
		const isOver = inVain === TRIES || tries === TRIES_IN_ALL;
		if (isOver || !(mayPass(end.fault) || end.fault.why === '416')) return end.fault;
		await world.clock.sleep(PAUSE * 2 ** Math.max(0, inVain - 1));
	}
}

function changed({ url, length, sha256 }: WantedFile, part: PartialFile): Error {
	const facts = {
		url,
		found: `${part.length} bytes, ${part.digest()}`,
		expected: `${length ?? 'any'} bytes, ${sha256 ?? 'any digest'}`,
	};
	return problem(
		'file-changed',
		`cannot take ${url}: it is not the file that was announced`,
		'see who serves it and what stands in between; ask its author',
		{ facts },
	);
}
