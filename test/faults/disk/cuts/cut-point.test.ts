/** The arithmetic of cuts: what of a log reaches the disk at a point, and which points are tried. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../../../scratch.ts';
import { DiskImage } from '../disk-image.ts';
import { around, type DiskEvent, decodeLog, marksBefore } from '../disk-log.ts';
import { type CutPoint, choosePoints, parsePoint, spellPoint } from './cut-point.ts';

const BLOCK = 4096;

/** A record as blklog.c writes it. */
function record(kind: number, offset: number, data: Buffer): Buffer {
	const header = Buffer.alloc(16);
	header.writeUInt32LE(kind, 0);
	header.writeUInt32LE(data.length, 4);
	header.writeBigUInt64LE(BigInt(offset), 8);
	return Buffer.concat([header, data]);
}

const write = (block: number, letter: string, blocks = 1) =>
	record(1, block * BLOCK, Buffer.alloc(blocks * BLOCK, letter));
const flush = record(2, 0, Buffer.alloc(0));
const mark = (text: string) => record(3, 0, Buffer.from(`${text}\n`));

const LOG = Buffer.concat([
	write(0, 'a'),
	flush,
	mark('saved 1'),
	write(1, 'b', 2),
	write(0, 'c'),
	flush,
	mark('saved 2'),
	write(3, 'd'),
]);
const EVENTS = decodeLog(LOG);

/** Returns the disk's blocks at a point, a letter each; `.` for one of zeros. */
function diskAt(point: CutPoint, image = imageOf(EVENTS)): string {
	const file = join(scratch(), 'cut');
	image.writeAt(point, file);
	const disk = readFileSync(file);
	return Array.from({ length: disk.length / BLOCK }, (_, block) =>
		disk.toString('latin1', block * BLOCK, block * BLOCK + 1),
	)
		.join('')
		.replaceAll('\0', '.');
}

function imageOf(events: readonly DiskEvent[]): DiskImage {
	const base = join(scratch(), 'base');
	writeFileSync(base, Buffer.alloc(4 * BLOCK));
	return new DiskImage(base, events);
}

test('reads a log back, up to the first incomplete record', () => {
	expect(EVENTS.map(({ kind }) => kind)).toEqual([
		'write',
		'flush',
		'mark',
		'write',
		'write',
		'flush',
		'mark',
		'write',
	]);
	expect(decodeLog(LOG.subarray(0, LOG.length - 1))).toHaveLength(EVENTS.length - 1);
	expect(marksBefore(EVENTS, 6)).toEqual(['saved 1']);
	expect(around(EVENTS, 3, 1)).toEqual([
		'  2 mark saved 1',
		'> 3 write 8192 at 4096 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"',
	]);
	expect(() => decodeLog(record(9, 0, Buffer.alloc(0)))).toThrow('kind 9');
});

test.each([
	[0, '....'],
	[1, 'a...'],
	[4, 'abb.'],
	[5, 'cbb.'],
	[8, 'cbbd'],
])('kept: all writes before the cut are there (%i)', (at, disk) => {
	expect(diskAt({ at, fate: 'kept' })).toBe(disk);
});

test('keeps all flushed writes and any part of unflushed ones', () => {
	const seen = new Set(Array.from({ length: 60 }, (_, seed) => diskAt({ at: 5, fate: 'lost', seed })));
	expect([...seen].sort()).toEqual(['a...', 'a.b.', 'ab..', 'abb.', 'c...', 'c.b.', 'cb..', 'cbb.']);
	expect(diskAt({ at: 6, fate: 'lost', seed: 3 })).toBe('cbb.');
});

test('points may be asked for in any order', () => {
	const image = imageOf(EVENTS);
	expect([8, 1, 5].map((at) => diskAt({ at, fate: 'kept' }, image))).toEqual(['cbbd', 'a...', 'cbb.']);
});

test('a point is spelt and read back', () => {
	for (const text of ['412', '412~7']) expect(spellPoint(parsePoint(text) as CutPoint)).toBe(text);
	expect(parsePoint('everything')).toBeUndefined();
});

test('points are chosen by the seed: where something was promised, and anywhere else', () => {
	const all = choosePoints(EVENTS, Number.POSITIVE_INFINITY, 1);
	expect(all.map(spellPoint)).toEqual(['1', '1~1', '2', '3', '4', '4~4', '5', '5~5', '6', '7', '8', '8~8']);
	const some = choosePoints(EVENTS, 4, 1);
	expect(some.map(spellPoint)).toEqual(choosePoints(EVENTS, 4, 1).map(spellPoint));
	expect(some).toHaveLength(4);
	expect(some.map(({ at }) => at)).toEqual(expect.arrayContaining([3, 7]));
});
