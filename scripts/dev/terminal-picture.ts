/** A terminal as an SVG, from what a program printed on it; and the text of such a picture again. Pure. */

/** Pixels: the cell of one character in the font below, and the frame around the text. */
const CELL = { width: 8.4, height: 20 };
const FRAME = { side: 20, top: 48, bottom: 18 };

/** The first pattern that matches a line decides its colour. */
const COLOURS: readonly (readonly [pattern: RegExp, colour: string])[] = [
	[/^\$ /, '#7ee787'],
	[/ Demo finished/, '#7ee787'],
	[/ (Rolled back|Reason|Refused)/, '#ffa657'],
	[/ (Updated|.* runs, verified)/, '#79c0ff'],
];
const PLAIN = '#e6edf3';

/**
 * Returns the lines that stand on the terminal in the end. A line that was erased and written again
 * (`\r` and `ESC [ 2 K`, which is all that our programs send) counts as it was written last.
 */
export function linesOnTerminal(printed: string): string[] {
	const rows = printed.replaceAll('\r\n', '\n').split('\n');
	const shown = rows.map((row) => (row.split('\r\u001B[2K').at(-1) ?? '').trimEnd());
	return shown.slice(0, shown.findLastIndex((row) => row !== '') + 1);
}

/** Returns the picture of these lines, as wide as the longest. */
export function terminalPicture(lines: readonly string[], title: string): string {
	const columns = Math.max(...lines.map(({ length }) => length));
	const width = Math.round(columns * CELL.width + 2 * FRAME.side);
	const height = lines.length * CELL.height + FRAME.top + FRAME.bottom;
	const texts = lines.map((line, at) => textElement(line, FRAME.top + at * CELL.height));
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
		`<title>${escaped(title)}</title>`,
		`<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
		...['#ff5f57', '#febc2e', '#28c840'].map(
			(fill, at) => `<circle cx="${24 + at * 20}" cy="22" r="6" fill="${fill}"/>`,
		),
		`<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">`,
		...texts,
		'</g>',
		'</svg>',
		'',
	].join('\n');
}

function textElement(line: string, y: number): string {
	const colour = COLOURS.find(([pattern]) => pattern.test(line))?.[1] ?? PLAIN;
	const length = (line.length * CELL.width).toFixed(1);
	// The length keeps the columns straight in whatever font the reader has.
	const fit = line === '' ? '' : ` textLength="${length}" lengthAdjust="spacingAndGlyphs"`;
	return `<text x="${FRAME.side}" y="${y + 14}" fill="${colour}" xml:space="preserve"${fit}>${escaped(line)}</text>`;
}

/** Returns the lines of a picture that `terminalPicture` made. */
export function linesOfPicture(svg: string): string[] {
	return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, text = '']) => unescaped(text));
}

function escaped(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescaped(text: string): string {
	return text.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}
