import { describe, expect, test } from 'vitest';
import { linesOfPicture, linesOnTerminal, terminalPicture } from '../../scripts/dev/terminal-picture.ts';

describe('a terminal', () => {
	test.each<[what: string, printed: string, lines: readonly string[]]>([
		['keeps lines in order', 'a\r\nb\r\n', ['a', 'b']],
		['shows an erased line as it was written last', 'x 1 %\r\u001B[2Kx 2 %\r\u001B[2Kdone\n', ['done']],
		['drops empty lines at the end', 'a\n\n\n', ['a']],
	])('%s', (_what, printed, lines) => {
		expect(linesOnTerminal(printed)).toEqual(lines);
	});

	test('a picture gives its lines back', () => {
		const lines = ['$ a && b', '', '<tag> "quoted" &amp;'];
		expect(linesOfPicture(terminalPicture(lines, 'a < b'))).toEqual(lines);
	});
});
