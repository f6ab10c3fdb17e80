/** The comment that is signed along: what stands in it is shown to whoever verifies. */
import { expect, test } from 'vitest';
import { signWithMinisign } from '../../../src/author/sign/minisign.ts';
import { signerNumber } from '../../trust/releases.ts';

const comment = (text: string) =>
	Buffer.from(signWithMinisign(signerNumber(1), Buffer.alloc(0), text))
		.toString()
		.split('\n')[2];

test.each(['', 'citadel v1.2.3', 'timestamp:1\tfile:x', 'é😀'])('%j is a comment', (text) => {
	expect(comment(text)).toBe(`trusted comment: ${text}`);
});

test.each(['a\nb', 'a\r', '\0', '\x1b[2J', '\x7f', '\ud800', 'x'.repeat(5000)])('%.20j is none', (text) => {
	expect(() => comment(text)).toThrow('the trusted comment is not a line of text');
});
