/** Text that a program printed, fit for a terminal and a status page. Pure. */

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what is cut out here
/** Colours, moves of the cursor, titles of windows. */
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g;
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above

/** Returns the text without what steers a terminal; lines and tabs stay. A line that was written over in place becomes lines. */
export function plainOutput(text: string): string {
	return text.replace(ESCAPES, '').replace(/\r\n?/g, '\n').replace(CONTROLS, '').trimEnd();
}
