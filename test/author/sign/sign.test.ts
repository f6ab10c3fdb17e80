/** The trusted comment is signed and shown to everyone who verifies, so it must be one line of text. */
import { expect, test } from 'vitest';
import { signWithMinisign } from '../../../src/author/sign/minisign.ts';
import { signerNumber } from '../../trust/releases.ts';

const comment = (text: string) =>
	Buffer.from(signWithMinisign(signerNumber(1), Buffer.alloc(0), text))
		.toString()
		.split('\n')[2];

test.each(['', 'citadel v1.2.3', 'timestamp:1\tfile:x', 'é😀'])('accepts %j as a comment', (text) => {
	expect(comment(text)).toBe(`trusted comment: ${text}`);
});

test.each(['a\nb', 'a\r', '\0', '\x1b[2J', '\x7f', '\ud800', 'x'.repeat(5000)])(
	'rejects %.20j as a comment',
	(text) => {
		expect(() => comment(text)).toThrow('the trusted comment is not a line of text');
	},
);
