/**
 * Files that grow by a line: the journal, each line of which is promised, and karen's ledger, whose lines are
 * promised by a sync.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf } from '../../../src/model/base/layout.ts';
import { makeChangeId } from '../../../src/model/change/change.ts';
import type { Opened } from '../../../src/model/change/journal.ts';
import type { StepId } from '../../../src/model/change/step.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import type { Version } from '../../../src/model/release/version.ts';
import type { SignalName, Stamp } from '../../../src/model/signal/signal.ts';
import { Ledger } from '../../../src/privileged/karen/watch/ledger.ts';
import { openChange, reopenChange } from '../../../src/privileged/updater/journal/change-journal.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { Trial } from '../result.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { lastNumber } from './scenarios/writers.ts';

const LINES = 40;

/**
 * Blocks of a removed file keep their contents: a file that gets them unwritten shows whole lines of the old
 * one.
 */
async function litter(dir: string): Promise<void> {
	writeFileSync(join(dir, 'litter'), 'an old line of another file, with its line end\n'.repeat(150_000), {
		flush: true,
	});
	rmSync(join(dir, 'litter'));
}

const OPENED: Opened = {
	change: makeChangeId(Date.UTC(2026, 10, 21), 'abcd'),
	kind: 'update',
	product: 'citadel',
	from: '1.0.0' as Version,
	to: '1.1.0' as Version,
	tag: 'v1.1.0' as Tag,
	goal: 'v1.1.0' as Tag,
	of: null,
	trust: 'unsigned',
};

const layoutIn = (dir: string) => layoutOf(join(dir, 'root'), join(dir, 'state'));

/**
 * Returns how many lines are there, and appends one more: what comes next must stand behind what is there.
 */
function readBack(dir: string): number {
	const reopened = reopenChange(layoutIn(dir), systemClock);
	if (reopened === undefined) return 0;
	const found = reopened.entries().length;
	reopened.append({ event: 'resumed', boot: 'another' });
	reopened.close();
	return found;
}

export const journal: Scenario = {
	name: 'journal',
	during: 'lines appended to the journal',
	note: '',
	size: 16,
	prepare: litter,
	async run({ dir, mark }) {
		const layout = layoutIn(dir);
		mkdirSync(layout.state, { recursive: true, mode: 0o700 });
		const opened = openChange(layout, OPENED, systemClock);
		mark('lines 1');
		for (let line = 2; line <= LINES; line += 1) {
			opened.append({
				event: 'done',
				step: 'inspect' as StepId,
				record: { line, text: 'x'.repeat((line * 97) % 900) },
			});
			mark(`lines ${line}`);
		}
		opened.close();
		return null;
	},
	async judge(dir, marks) {
		const promised = lastNumber(marks, 'lines');
		const found = readBack(dir);
		if (found < promised)
			return {
				wrong: [`${promised} lines were promised, and ${found} are there`],
				recovery: null,
				lost: promised - found,
			};
		const after = found === 0 ? 0 : readBack(dir) - 1;
		return right(after === found || `${found} lines were there, and after the next one ${after} are`);
	},
};

const SIGNAL = 'update' as SignalName;

export const ledger: Scenario = {
	name: 'ledger',
	during: "lines appended to karen's ledger",
	note: '',
	size: 16,
	prepare: litter,
	async run({ dir, mark }) {
		const opened = new Ledger(join(dir, 'ledger'), failed);
		for (let line = 1; line <= LINES; line += 1) {
			opened.write([
				{ name: SIGNAL, stamp: `${String(line)}${'.'.repeat((line * 97) % 900)}` as Stamp, run: null },
			]);
			if (line % 3 !== 0) continue;
			opened.sync();
			mark(`synced ${line}`);
		}
		opened.close();
		return null;
	},
	async judge(dir, marks) {
		const promised = lastNumber(marks, 'synced');
		const opened = new Ledger(join(dir, 'ledger'), failed);
		const found = Number.parseInt(opened.stampOf(SIGNAL) ?? '0', 10);
		opened.close();
		if (opened.found === 'damaged')
			return {
				wrong: [`a cut was taken for damage, and ${promised} lines are not believed`],
				recovery: null,
				lost: promised,
			};
		return right(found >= promised || `${promised} lines were synced, and ${found} are there`);
	},
};

function failed(thrown: Error): void {
	throw thrown;
}

function right(isSo: true | string): Trial {
	return { wrong: isSo === true ? [] : [isSo], recovery: null, lost: isSo === true ? 0 : 1 };
}
