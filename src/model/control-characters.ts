/** Characters that are not seen and yet do something: they steer terminals, break lines, turn text around. */

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is looked for here
const CONTROLS = /[\u0000-\u001F\u007F]/;
const UNSEEN = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]+/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above

/** Returns whether there is one of ASCII's control characters in the text, a tab or a line end among them. */
export function hasControls(text: string): boolean {
	return CONTROLS.test(text);
}

/** Returns the text on one line: each run of what is not seen, also that which turns text around, becomes a space. */
export function onOneLine(text: string): string {
	return text.replace(UNSEEN, ' ');
}
