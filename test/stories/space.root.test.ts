/** The room that is planned is the room that is taken: measured on a file system of its own. Needs root, to mount one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseAvailable } from '../../src/model/published.ts';
import { boxForTest } from '../box/box.ts';
import { noise } from '../box/noise.ts';

const MB = 1024 * 1024;

function mountRoomy(): string {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-roomy-')));
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

/** A few large files and many small ones, no two alike and none that packs well. */
function files(megabytes: number, small: number, seed: number): Record<string, string> {
	const large = Array.from({ length: megabytes }, (_, index) => [`large/${index}`, noise(MB, seed + index)] as const);
	const many = Array.from(
		{ length: small },
		(_, index) => [`small/${index % 50}/${index}`, noise(50 + (index % 400), seed + index)] as const,
	);
	return Object.fromEntries([...large, ...many]);
}

test('what a check plans is what an update takes at its peak, within a tenth', async () => {
	const small = mountRoomy();
	mkdirSync(join(small, 'box'));
	const box = boxForTest({ version: '1.0.0', requires: '*', files: files(8, 1500, 1) }, { dir: join(small, 'box') });
	box.configure('[install]\ndata = ["app-data"]');
	writeFileSync(join(box.root, 'app-data/chain'), Buffer.alloc(5 * MB, 'c'));
	const told = join(small, 'at-the-peak');
	box.publish({
		version: '1.1.0',
		requires: '*',
		files: files(12, 2500, 2),
		does: { '02': `stat --file-system --format="%b %f %S" ${small} > ${told}` },
	});

	const looked = await box.updater('check', '');
	const plan = parseAvailable(Buffer.from(looked.stdout))?.space;
	expect(plan).toMatchObject({ tag: 'v1.1.0', from: 'release', verdict: 'fits', places: [{ holds: ['root', 'state'] }] });
	const before = usedOn(small);
	const end = await box.updater('update');
	expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
	const [blocks = 0, free = 0, size = 0] = readFileSync(told, 'utf8').trim().split(' ').map(Number);
	const taken = (blocks - free) * size - before;
	const planned = plan?.places[0]?.need ?? 0;
	expect(taken).toBeGreaterThan(40 * MB);
	expect(Math.abs(planned / taken - 1), `${planned} planned, ${taken} taken`).toBeLessThan(0.1);
});
