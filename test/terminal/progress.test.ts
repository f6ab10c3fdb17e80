import { describe, expect, test } from 'vitest';
import { barLine, progressOn } from '../../src/terminal/progress.ts';
import { testWorld } from './test-world.ts';

describe('the bar', () => {
	test.each([
		[0, '[------------------------]   0 %  x'],
		[1, '[------------------------]   1 %  x'],
		[50, '[############------------]  50 %  x'],
		[100, '[########################] 100 %  x'],
		[250, '[########################] 250 %  x'],
	])('shows %i percent', (progress, line) => {
		expect(barLine(progress, 'x', 80)).toBe(line);
	});

	test('is cut to the width of the terminal', () => {
		expect(barLine(50, 'a long sentence about hooks', 40)).toHaveLength(40);
	});

	test('removes control characters of hooks', () => {
		expect(barLine(50, 'a\u001B[2Jb\nc\u009B1m', 80)).not.toMatch(/\p{Cc}/u);
	});
});

describe('on a terminal', () => {
	test('redraws one line when it changes, and clears it at the end', () => {
		const world = testWorld({ terminal: 'yes' });
		const line = progressOn(world.err);
		line.show(10, 'one');
		line.show(10, 'one');
		line.show(20, 'two');
		line.clear();
		line.clear();
		expect(world.said.err.split('\r\u001B[2K')).toEqual([
			'',
			barLine(10, 'one', 79),
			barLine(20, 'two', 79),
			'',
		]);
	});
});

describe('without a terminal', () => {
	test('prints each new description as a plain line', () => {
		const world = testWorld({ terminal: 'no' });
		const line = progressOn(world.err);
		line.show(10, 'one');
		line.show(15, 'one');
		line.show(20, 'two');
		line.clear();
		expect(world.said.err).toBe(' 10 %  one\n 20 %  two\n');
	});
});
