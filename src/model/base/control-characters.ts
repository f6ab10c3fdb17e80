/** Characters that are not seen and yet do something: they steer terminals, break lines, turn text around. */

/** Unicode's control characters without those beyond ASCII. */
const CONTROLS = /[\p{Cc}--[\u0080-\u009F]]/v;
const UNSEEN = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069]+/gu;

/** Returns whether there is one of ASCII's control characters in the text, a tab or a line end among them. */
export function hasControls(text: string): boolean {
	return CONTROLS.test(text);
}

/** Returns the text on one line: each run of what is not seen, also that which turns text around, becomes a space. */
export function onOneLine(text: string): string {
	return text.replace(UNSEEN, ' ');
}
