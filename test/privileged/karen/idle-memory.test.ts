import { expect, test } from 'vitest';
import { IdleMemory } from '../../../src/privileged/karen/idle-memory.ts';
import { until } from '../../until.ts';

test('collects once after a stretch of work, and again after the next one', async () => {
	let collected = 0;
	const memory = new IdleMemory(() => (collected += 1));
	for (let work = 0; work < 5; work++) memory.worked();
	await until('the first collection', () => collected > 0);
	memory.worked();
	await until('the second collection', () => collected > 1);
	expect(collected).toBe(2);
	memory.stop();
});

test('does not collect after it was stopped', async () => {
	let collected = 0;
	const memory = new IdleMemory(() => (collected += 1));
	memory.worked();
	memory.stop();
	const next = new IdleMemory(() => (collected += 10));
	next.worked();
	await until('the collection of another one', () => collected > 0);
	expect(collected).toBe(10);
	next.stop();
});
