/** Base64 to the letter: one text for the same bytes, so that a signature file cannot be respelt. */

/** Returns the bytes that `text` spells, or undefined: with padding, without white space, no stray bits in the last character. */
export function parseBase64(text: string): Buffer | undefined {
	const bytes = Buffer.from(text, 'base64');
	return bytes.toString('base64') === text ? bytes : undefined;
}
