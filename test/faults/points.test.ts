import { expect, test } from 'vitest';
import { seededRandom } from '../../bench/measure/random.ts';
import type { Fact, Journal } from '../../src/model/change/journal.ts';
import type { StepId } from '../../src/model/change/step.ts';
import { type Point, pointsOf, samplePoints } from './points.ts';

const step = (name: string) => name as StepId;
const FACTS: readonly Fact[] = [
	{ event: 'resumed', boot: 'one' },
	{ event: 'doing', step: step('stage'), attempt: 1 },
	{ event: 'done', step: step('stage'), record: {} },
	{ event: 'undoing', step: step('stage'), attempt: 1 },
];
const JOURNAL: Journal = FACTS.map((fact, index) => ({ ...fact, seq: index + 1, at: 0 }));
const lines = (...calls: readonly string[]) => calls.map((call, index) => `${index + 1} 77 ${call}`);

test('each call belongs to the step that the journal named last', () => {
	const journal = 'write /state/changes/one/journal';
	const points = pointsOf(
		lines('mkdir /state', journal, 'mkdir /x', journal, 'mkdir /y', journal, journal, 'rename /a -> /b'),
		JOURNAL,
	);
	expect(points.map(({ call, step }) => `${call}: ${step}`)).toEqual([
		'mkdir: before the change',
		'write: before the change',
		'mkdir: before the change',
		'write: stage',
		'mkdir: stage',
		'write: stage',
		'write: undo stage',
		'rename: undo stage',
	]);
});

const points = (step: string, from: number, count: number): Point[] =>
	Array.from({ length: count }, (_, index) => ({ at: from + index, call: 'write', step }));

test('a sample has points of each step, short ones too, in order, and the same for one seed', () => {
	const all = [...points('long', 1, 900), ...points('short', 901, 9), ...points('middle', 910, 90)];
	const sample = samplePoints(all, 50, seededRandom(7));
	expect(sample).toHaveLength(50);
	expect(sample.map(({ at }) => at)).toEqual(sample.map(({ at }) => at).sort((a, b) => a - b));
	for (const step of ['long', 'short', 'middle'])
		expect(sample.filter((point) => point.step === step).length).toBeGreaterThan(2);
	expect(samplePoints(all, 50, seededRandom(7))).toEqual(sample);
	expect(samplePoints(all, 50, seededRandom(8))).not.toEqual(sample);
});

test('a sample larger than the population is the population', () => {
	expect(samplePoints(points('one', 1, 3), 10, seededRandom(1))).toHaveLength(3);
});
