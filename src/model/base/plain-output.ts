/** Program output, made safe for a terminal and a status page. */

const [ESCAPE, BELL] = ['\u001B', '\u0007'];
/** Colours, cursor movements, window titles. */
const ESCAPES = new RegExp(
	String.raw`${ESCAPE}(?:\[[0-?]*[ -/]*[@-~]|\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\)?|[@-Z\\-_])`,
	'g',
);
const CONTROLS = /[[\p{Cc}--[\t\n]]\u200E\u200F\u202A-\u202E\u2066-\u2069]/gv;

/**
 * Returns the text without terminal controls, except tabs and line ends. Carriage returns become line ends.
 */
export function plainOutput(text: string): string {
	return text.replace(ESCAPES, '').replace(/\r\n?/g, '\n').replace(CONTROLS, '').trimEnd();
}
