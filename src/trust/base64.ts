/** Strict base64: each byte sequence has exactly one encoding, so a signature file cannot be rewritten. */

/** Decodes `text`, or returns undefined. Requires padding; rejects white space and non-zero trailing bits. */
export function parseBase64(text: string): Buffer | undefined {
	const bytes = Buffer.from(text, 'base64');
	return bytes.toString('base64') === text ? bytes : undefined;
}
