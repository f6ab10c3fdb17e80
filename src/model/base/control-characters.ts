/** Invisible characters that control terminals, break lines or change the direction of text. */

/** Unicode's control characters within ASCII. */
const CONTROLS = /[\p{Cc}--[\u0080-\u009F]]/v;
const UNSEEN = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069]+/gu;

/** Returns whether the text contains an ASCII control character, including tab and line end. */
export function hasControls(text: string): boolean {
	return CONTROLS.test(text);
}

/** Returns the text on one line: each run of control or direction characters becomes a space. */
export function onOneLine(text: string): string {
	return text.replace(UNSEEN, ' ');
}
