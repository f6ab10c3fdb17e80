/**
 * Tars that were damaged, cut, spliced and made up: entries that stay inside, or a refusal with its trap.
 * Never a crash, never a hang.
 */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	ARCHIVE_VIOLATIONS,
	type ArchiveEntry,
	ArchiveRules,
} from '../../../src/model/publication/archive.ts';
import { readArchive } from '../../../src/system/fetcher/archive-process.ts';
import { Refused, readTar } from '../../../src/unprivileged/fetcher/tar.ts';
import { directory, END, file, header, link, long, pax } from '../../box/releases/tar-writer.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import { patience, rounds } from '../../fuzz.ts';
import { builtProgram } from '../../programs.ts';
import { scratch } from '../../scratch.ts';

const LIMITS = { entries: 20, bytes: 20_000 };
const BLOCK = 512;

const name = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.constantFrom('a', 'b', 'a/b', 'a/b/c', 'A', 'd/e', './a', 'a/', 'scripts/update/00-run.sh'),
	},
	fc.constantFrom(
		'..',
		'../a',
		'/a',
		'a/../..',
		'a//b',
		'a/.',
		'.git/x',
		'a\\b',
		'é',
		'e\u0301',
		'x'.repeat(100),
		'',
	),
	fc.string({ maxLength: 12 }),
);
const target = fc.oneof(name, fc.constantFrom('a', 'b/c', '../a', '../../a', '/etc/passwd', '.', 'a/..'));
const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o4755, 0o2755, 0o777, 0o1777);
const part = fc.oneof(
	{
		weight: 4,
		arbitrary: fc
			.tuple(name, fc.string({ maxLength: 700 }), mode)
			.map(([path, text, bits]) => file(path, text, { mode: bits })),
	},
	{ weight: 2, arbitrary: name.map(directory) },
	{ weight: 2, arbitrary: fc.tuple(name, target).map(([path, to]) => link(path, to)) },
	fc
		.tuple(name, target, fc.constantFrom('1', '3', '4', '6', '7', 'S', 'V', 'x', 'g', 'L', 'K', '\0'))
		.map(([path, to, type]) => header({ name: path, type, link: to })),
	fc
		.record(
			{ path: name, linkpath: target, size: fc.constantFrom('0', '5', '99999999999') },
			{ requiredKeys: [] },
		)
		.map((records) => pax(records)),
	name.map((path) => long('L', path)),
	target.map((path) => long('K', path)),
	fc.constant(END),
	fc.uint8Array({ maxLength: 2 * BLOCK }).map((bytes) => Buffer.from(bytes)),
);
const damage = fc.oneof(
	fc.record({ kind: fc.constant('turn' as const), at: fc.nat(), to: fc.nat(255) }),
	fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), to: fc.nat() }),
	fc.record({ kind: fc.constant('block' as const), at: fc.nat(), to: fc.nat() }),
	// With its checksum made right again, so that what was changed is read.
	fc.record({ kind: fc.constant('field' as const), at: fc.nat(), to: fc.nat(255) }),
);
const archive = fc
	.tuple(fc.array(part, { maxLength: 8 }), fc.array(damage, { maxLength: 3 }), fc.boolean())
	.map(([parts, damages, ends]) =>
		damages.reduce(damaged, Buffer.concat([...parts, ...(ends ? [END] : [])])),
	);

function damaged(
	whole: Buffer,
	{
		kind,
		at,
		to,
	}: { readonly kind: 'turn' | 'cut' | 'block' | 'field'; readonly at: number; readonly to: number },
): Buffer {
	const copy = Buffer.from(whole);
	const place = at % Math.max(1, copy.length);
	const start = place - (place % BLOCK);
	switch (kind) {
		case 'turn':
			copy[place] = to;
			return copy;
		case 'cut':
			return copy.subarray(0, place);
		case 'block': {
			const from = to % Math.max(1, copy.length);
			return Buffer.concat([
				copy.subarray(0, start),
				copy.subarray(from - (from % BLOCK), from - (from % BLOCK) + BLOCK),
				copy.subarray(start),
			]);
		}
		case 'field':
			copy[place] = to;
			return withChecksum(copy, start);
	}
}

function withChecksum(tar: Buffer, start: number): Buffer {
	const block = tar.subarray(start, start + BLOCK);
	if (block.length < BLOCK) return tar;
	block.fill(' ', 148, 156);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return tar;
}

/**
 * Stages in memory, as carelessly as can be; what would leave the directory, or go through a link, is told.
 */
class Staging {
	readonly places = new Map<string, string>();
	bytes = 0;
	entries = 0;

	take(entry: ArchiveEntry): void {
		const path = resolve('/staging', entry.path);
		expect(path).toMatch(/^\/staging\/./);
		expect(entry.path).toBe(path.slice('/staging/'.length));
		for (let above = dirname(path); above !== '/staging'; above = dirname(above))
			expect(this.places.get(above) ?? 'directory').toBe('directory');
		expect(entry.kind === 'directory' ? ['directory', undefined] : [undefined]).toContain(
			this.places.get(path),
		);
		if (entry.kind === 'link') expect(`${resolve(dirname(path), entry.target)}/`).toMatch(/^\/staging\//);
		if (entry.kind === 'file') expect([0o644, 0o755]).toContain(entry.mode);
		this.places.set(path, entry.kind);
		this.bytes += entry.kind === 'file' ? entry.size : 0;
		this.entries += 1;
		expect(this.bytes).toBeLessThanOrEqual(LIMITS.bytes);
		expect(this.entries).toBeLessThanOrEqual(LIMITS.entries);
	}
}

async function* inPieces(bytes: Buffer, size: number): AsyncIterable<Buffer> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('through the parser', { timeout: patience(60_000) }, async () => {
	let whole = 0;
	const traps = new Set<string>();
	await fc.assert(
		fc.asyncProperty(archive, fc.constantFrom(1, 100, 512, 4096), async (bytes, size) => {
			const staging = new Staging();
			let [wanted, got] = [0, 0];
			try {
				await readTar(inPieces(bytes, Math.max(size, bytes.length / 200)), new ArchiveRules(LIMITS), {
					entry: async (entry) => {
						expect(got).toBe(wanted);
						staging.take(entry);
						wanted += entry.kind === 'file' ? entry.size : 0;
					},
					bytes: async (piece) => {
						got += piece.length;
					},
				});
				expect(got).toBe(wanted);
				whole += 1;
			} catch (thrown) {
				if (!(thrown instanceof Refused)) throw thrown;
				expect(Object.keys(ARCHIVE_VIOLATIONS)).toContain(thrown.why);
				traps.add(thrown.why);
			}
		}),
		rounds(2000),
	);
	// The generator must not have become one of rubbish alone.
	expect(whole).toBeGreaterThan(20);
	expect(traps.size, [...traps].join()).toBeGreaterThan(9);
});

test('through the child', { timeout: patience(60_000) }, async () => {
	const state = scratch();
	mkdirSync(join(state, 'of-child'));
	await fc.assert(
		fc.asyncProperty(archive, fc.boolean(), async (bytes, isPacked) => {
			const path = join(state, 'archive');
			writeFileSync(path, isPacked ? gzipSync(bytes) : bytes);
			const fd = openSync(path, 'r');
			const staging = new Staging();
			const needs = {
				state: join(state, 'of-child'),
				account: accountForTest(),
				fd,
				limits: LIMITS,
				timeout: 20_000,
			};
			const program = builtProgram('unpacker');
			try {
				await readArchive({ ...needs, program, packing: isPacked ? 'tar.gz' : 'tar' }, async (entry) =>
					staging.take(entry),
				);
			} catch (thrown) {
				expect(thrown).toMatchObject({ record: { code: 'archive-refused' } });
			} finally {
				closeSync(fd);
			}
		}),
		rounds(4),
	);
});
