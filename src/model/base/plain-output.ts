/** Text that a program printed, fit for a terminal and a status page. Pure. */

const [ESCAPE, BELL] = ['\u001B', '\u0007'];
/** Colours, moves of the cursor, titles of windows. */
const ESCAPES = new RegExp(
	String.raw`${ESCAPE}(?:\[[0-?]*[ -/]*[@-~]|\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\)?|[@-Z\\-_])`,
	'g',
);
const CONTROLS = /[[\p{Cc}--[\t\n]]\u200E\u200F\u202A-\u202E\u2066-\u2069]/gv;

/** Returns the text without what steers a terminal; lines and tabs stay. A line that was written over in place becomes lines. */
export function plainOutput(text: string): string {
	return text.replace(ESCAPES, '').replace(/\r\n?/g, '\n').replace(CONTROLS, '').trimEnd();
}
