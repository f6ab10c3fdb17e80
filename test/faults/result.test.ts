import { expect, test } from 'vitest';
import { scratch } from '../scratch.ts';
import { keepRows, keptRows, rowOf, type Trial } from './result.ts';
import { tableOf } from './table.ts';

const HEAD = { fault: 'killed', during: 'one whole update', points: 400, note: '' };
const trial = (recovery: number | null, wrong: readonly string[] = [], lost = 0): Trial => ({
	wrong,
	recovery,
	lost,
});

test('a row counts wrong ends once per trial, and sums the lost bytes', () => {
	const row = rowOf(HEAD, [trial(10), trial(30, ['torn', 'late'], 7), trial(null), trial(20, [], 1)]);
	expect(row).toMatchObject({ trials: 4, wrong: 1, lost: 8, recovery: { median: 20, max: 30 } });
});

test('without a recovery there is no time to recover', () => {
	expect(rowOf(HEAD, [trial(null)]).recovery).toBeNull();
});

test('the rows of a suite take the place of its last ones, and those of the others stay', () => {
	const out = scratch();
	keepRows('kill', 'npm run faults -- kill', [rowOf(HEAD, [trial(5)]), rowOf(HEAD, [trial(6)])], out);
	keepRows('disk', 'npm run faults -- disk', [rowOf({ ...HEAD, fault: 'power cut' }, [trial(7)])], out);
	keepRows('kill', 'npm run faults -- kill', [rowOf(HEAD, [trial(8)])], out);
	expect(keptRows(out).map(({ suite, fault, recovery }) => [suite, fault, recovery?.max])).toEqual([
		['disk', 'power cut', 7],
		['kill', 'killed', 8],
	]);
	expect(keptRows(out)[0]).toMatchObject({
		command: 'npm run faults -- disk',
		at: expect.stringMatching(/^\d{4}-/),
		commit: expect.any(String),
	});
});

test('the table has a line a row, and says where each comes from', () => {
	const out = scratch();
	keepRows(
		'kill',
		'npm run faults -- kill --seed 7',
		[rowOf({ ...HEAD, note: 'a|b' }, [trial(1500, ['torn'], 3), trial(null)])],
		out,
	);
	const table = tableOf(keptRows(out));
	expect(table).toContain('| killed | one whole update | 400 | 2 | 1 | 1.5 s | 1.5 s | 3 |');
	expect(table).toContain('a\\|b');
	expect(table).toContain('`npm run faults -- kill --seed 7`');
});
