import { expect, test } from 'vitest';
import { plainOutput } from '../../../src/model/base/plain-output.ts';

test.each([
	['plain text stays', 'one\n\ttwo ü 本', 'one\n\ttwo ü 本'],
	['colours', '\u001B[1;31mred\u001B[0m', 'red'],
	['moves and clears', '\u001B[2J\u001B[1;1Hhere', 'here'],
	['a window title', '\u001B]0;root@box\u0007text', 'text'],
	['a hyperlink', '\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\', 'link'],
	['an open escape', 'text\u001B[', 'text['],
	['a bar written over in place', '10%\r20%\r30%\n', '10%\n20%\n30%'],
	['DOS line ends', 'a\r\nb\r\n', 'a\nb'],
	['bells, backspaces, NUL, C1', 'a\u0007\u0008\u0000\u009Bb', 'ab'],
	['text turned around', 'a\u202Eb', 'ab'],
	['blank ends', 'a  \n\n', 'a'],
])('%s', (_what, printed, shown) => {
	expect(plainOutput(printed)).toBe(shown);
});
