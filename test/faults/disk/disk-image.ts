/** What a disk held when the power was cut, put together from its image and its log. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { seededRandom } from '../../../bench/measure/random.ts';
import type { CutPoint } from './cuts/cut-point.ts';
import type { DiskEvent } from './disk-log.ts';

type Write = Extract<DiskEvent, { kind: 'write' }>;

/**
 * The unit in which unsynced writes are lost: a disk promises no more than its sectors, a file system asks
 * for its blocks.
 */
const PIECE = 4096;

export class DiskImage {
	readonly #base: Buffer;
	readonly #events: readonly DiskEvent[];
	/** All that was flushed before `#at`, and the writes since. */
	#durable: Buffer;
	#unsynced: Write[] = [];
	#at = 0;

	constructor(base: string, events: readonly DiskEvent[]) {
		this.#base = readFileSync(base);
		this.#events = events;
		this.#durable = Buffer.from(this.#base);
	}

	/** Writes the disk as the cut left it to `file`. Points in rising order cost least. */
	writeAt(point: CutPoint, file: string): void {
		this.#goTo(point.at);
		const disk = Buffer.from(this.#durable);
		const random = point.fate === 'kept' ? () => 0 : seededRandom(point.seed);
		for (const write of this.#unsynced) copyPieces(write, disk, () => random() < 0.5);
		writeSparse(disk, file);
	}

	#goTo(at: number): void {
		if (at < this.#at) {
			this.#durable = Buffer.from(this.#base);
			this.#unsynced = [];
			this.#at = 0;
		}
		for (; this.#at < at; this.#at += 1) this.#apply(this.#events[this.#at] as DiskEvent);
	}

	#apply(event: DiskEvent): void {
		switch (event.kind) {
			case 'write':
				this.#unsynced.push(event);
				return;
			case 'flush':
				for (const write of this.#unsynced) copyPieces(write, this.#durable, () => true);
				this.#unsynced = [];
				return;
			case 'mark':
				return;
		}
	}
}

function copyPieces({ offset, data }: Write, disk: Buffer, isKept: () => boolean): void {
	for (let at = 0; at < data.length; at += PIECE) {
		if (isKept()) data.copy(disk, offset + at, at, Math.min(at + PIECE, data.length));
	}
}

/** Holes stay holes: a disk is mostly empty, and its images lie in memory. */
function writeSparse(disk: Buffer, file: string): void {
	const stretch = 64 * 1024;
	const nothing = Buffer.alloc(stretch);
	const fd = openSync(file, 'w', 0o600);
	try {
		ftruncateSync(fd, disk.length);
		for (let at = 0; at < disk.length; at += stretch) {
			const piece = disk.subarray(at, at + stretch);
			if (!piece.equals(nothing.subarray(0, piece.length))) writeSync(fd, piece, 0, piece.length, at);
		}
	} finally {
		closeSync(fd);
	}
}
