/**
 * The planned disk space is what an update uses, measured on a file system of its own. Needs root, to mount
 * one.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { recordOfStep } from '../../../src/model/change/journal.ts';
import { AVAILABLE_FILE } from '../../../src/model/status/published.ts';

import { type Box, type BoxPlace, boxForTest } from '../../box/box.ts';
import { noise } from '../../box/releases/noise.ts';

const MB = 1024 * 1024;
/** Thousands of files are written, many times. */
const LONG = { timeout: 300_000 };

type Verb = 'update' | 'rollback';

function mountLarge(): string {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-large-')));
	onTestFinished(() => {
		execFileSync('umount', ['--lazy', dir]);
		rmSync(dir, { recursive: true, force: true });
	});
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'signalbox-test', dir]);
	return dir;
}

function usedOn(dir: string): number {
	const { blocks, bfree, bsize } = statfsSync(dir);
	return (blocks - bfree) * bsize;
}

/** A few large files and many small ones, all different and hard to compress. */
function files(megabytes: number, small: number, seed: number): Record<string, string> {
	const large = Array.from(
		{ length: megabytes },
		(_, index) => [`large/${index}`, noise(MB, seed + index)] as const,
	);
	const many = Array.from(
		{ length: small },
		(_, index) => [`small/${index % 50}/${index}`, noise(50 + (index % 400), seed + index)] as const,
	);
	return Object.fromEntries([...large, ...many]);
}

/** A script at the peak of disk use that waits until the peak was measured. */
const waits = (verb: Verb) =>
	`touch "$ROOT"/db/.full-${verb}; for i in {1..5000}; do [[ -e "$ROOT"/db/.measured-${verb} ]] && break; sleep 0.02; done`;

/** A box with data to back up, and a release that grows by half. */
function largeBox(place: BoxPlace): Box {
	const box = boxForTest(
		{ version: '1.0.0', requires: '*', files: files(4, 800, 1), does: { rollback: waits('rollback') } },
		place,
	);
	box.configure('[install]\ndata = ["app-data"]');
	writeFileSync(join(box.root, 'app-data/chain'), Buffer.alloc(3 * MB, 'c'));
	box.publish({ version: '1.1.0', requires: '*', files: files(6, 1300, 2), does: { '02': waits('update') } });
	return box;
}

/**
 * Returns the peak of additional bytes used on each of these file systems, measured every few milliseconds.
 */
async function peakOf(dirs: readonly string[], box: Box, verb: Verb): Promise<readonly number[]> {
	const before = dirs.map(usedOn);
	const most = [...before];
	const look = setInterval(() => {
		const isFull = existsSync(join(box.root, `db/.full-${verb}`));
		for (const [index, dir] of dirs.entries()) most[index] = Math.max(most[index] ?? 0, usedOn(dir));
		if (isFull) writeFileSync(join(box.root, `db/.measured-${verb}`), '');
	}, 3);
	try {
		const { code, stderr } = await box.updater(verb);
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	} finally {
		clearInterval(look);
	}
	return most.map((bytes, index) => bytes - (before[index] ?? 0));
}

function expectWithinTenth(planned: number | undefined, taken: number | undefined, atLeast: number): void {
	expect(taken).toBeGreaterThan(atLeast);
	expect(Math.abs((planned ?? 0) / (taken ?? 0) - 1), `${planned} planned, ${taken} taken`).toBeLessThan(0.1);
}

test('plans the peak of an update within a tenth', LONG, async () => {
	const small = mountLarge();
	mkdirSync(join(small, 'box'));
	const box = largeBox({ dir: join(small, 'box') });
	const checked = await box.updater('check', '');
	const plan = AVAILABLE_FILE.parse(Buffer.from(checked.stdout))?.space;
	expect(plan).toMatchObject({
		tag: 'v1.1.0',
		from: 'release',
		verdict: 'fits',
		places: [{ holds: ['root', 'state'] }],
	});
	const [taken] = await peakOf([small], box, 'update');
	expectWithinTenth(plan?.places[0]?.need, taken, 20 * MB);
});

test('plans each of two file systems, for a rollback by hand too', LONG, async () => {
	const [ofRoot, ofState] = [mountLarge(), mountLarge()];
	for (const dir of [join(ofRoot, 'box'), join(ofState, 'state')]) mkdirSync(dir, { mode: 0o700 });
	const box = largeBox({ dir: join(ofRoot, 'box'), state: join(ofState, 'state') });
	const checked = await box.updater('check', '');
	const places = AVAILABLE_FILE.parse(Buffer.from(checked.stdout))?.space?.places ?? [];
	expect(places).toMatchObject([{ holds: ['root'] }, { holds: ['state'] }]);
	const [root, state] = await peakOf([ofRoot, ofState], box, 'update');
	expectWithinTenth(places[0]?.need, root, 12 * MB);
	expectWithinTenth(places[1]?.need, state, 8 * MB);

	const [grown, kept] = await peakOf([ofRoot, ofState], box, 'rollback');
	const reserved = recordOfStep(box.journal(), 'reserve');
	expectWithinTenth(reserved?.parts?.backup, kept, 8 * MB);
	expect(reserved?.parts).toMatchObject({ store: 0, staging: 0, hooks: 0, growth: 0 });
	expect(grown, 'the older release is smaller: only the current file is added').toBeLessThan(2 * MB);
});
