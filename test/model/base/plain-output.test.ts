import { expect, test } from 'vitest';
import { plainOutput } from '../../../src/model/base/plain-output.ts';

test.each([
	['keeps plain text', 'one\n\ttwo ü 本', 'one\n\ttwo ü 本'],
	['removes colours', '\u001B[1;31mred\u001B[0m', 'red'],
	['removes cursor movements', '\u001B[2J\u001B[1;1Hhere', 'here'],
	['removes a window title', '\u001B]0;root@box\u0007text', 'text'],
	['removes a hyperlink', '\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\', 'link'],
	['removes an incomplete escape', 'text\u001B[', 'text['],
	['turns an overwritten progress bar into lines', '10%\r20%\r30%\n', '10%\n20%\n30%'],
	['converts DOS line ends', 'a\r\nb\r\n', 'a\nb'],
	['removes bells, backspaces, NUL and C1 controls', 'a\u0007\u0008\u0000\u009Bb', 'ab'],
	['removes direction overrides', 'a\u202Eb', 'ab'],
	['removes trailing white space', 'a  \n\n', 'a'],
])('%s', (_what, printed, shown) => {
	expect(plainOutput(printed)).toBe(shown);
});
