import { expect, test } from 'vitest';
import { hasControls, onOneLine } from '../../../src/model/base/control-characters.ts';

test.each([
	['\u0000', true],
	['a\tb', true],
	['a\n', true],
	['\u001F', true],
	['\u007F', true],
	['', false],
	['a b~', false],
	['Ünïcode \u00A0', false],
])('%j has control characters: %s', (text, expected) => {
	expect(hasControls(text)).toBe(expected);
});

test.each([
	['two\nlines', 'two lines'],
	['a\r\n\tb', 'a b'],
	['\u001B[31mred', ' [31mred'],
	['c1 \u0085\u009F.', 'c1  .'],
	['turned \u202Edrawkcab\u202C', 'turned  drawkcab '],
	['\u200Emarks\u2066', ' marks '],
	['line\u2028separators\u2029', 'line separators '],
	['plain – “text”', 'plain – “text”'],
])('%j is %j on one line', (text, expected) => {
	expect(onOneLine(text)).toBe(expected);
});
