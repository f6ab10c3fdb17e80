/**
 * Finds an expression by the declaration it stands in, so that wrapping, comments and neighbouring code do
 * not matter. The formatter indents what belongs to a declaration, so indentation tells where one ends.
 */

/** A range of a source text: from the first character to the one after the last. */
export interface Range {
	readonly from: number;
	readonly to: number;
}

/**
 * Returns the ranges of the declarations with this name: a function, constant or class at the top of the file
 * (`Store`), or a member of one (`Store.read`, `Store.#read`).
 */
export function declarationsOf(source: string, name: string): readonly Range[] {
	const [outer = '', member] = name.split('.');
	const found = rangesOf(source, { from: 0, to: source.length }, topLevel(outer));
	return member === undefined ? found : found.flatMap((range) => rangesOf(source, range, memberOf(member)));
}

/**
 * Returns the ranges within the given one whose text is this expression, but for white space, trailing commas
 * and comments.
 */
export function occurrencesOf(source: string, { from, to }: Range, expression: string): readonly Range[] {
	const wanted = compact(expression).text;
	const { text, positions } = compact(source.slice(from, to));
	const placeOf = (index: number) => from + (positions[index] ?? 0);
	const found: Range[] = [];
	for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length))
		found.push({ from: placeOf(at), to: placeOf(at + wanted.length - 1) + 1 });
	return found;
}

function topLevel(name: string): RegExp {
	return new RegExp(String.raw`^(export )?(async )?(function\*?|const|let|class) ${literal(name)}(?![\w$])`);
}

function memberOf(name: string): RegExp {
	return new RegExp(String.raw`^\t((static|override|readonly|async|get|set) )*\*?${literal(name)} ?[(<:=]`);
}

function literal(name: string): string {
	return name.replaceAll(/[$]/g, String.raw`\$&`);
}

/**
 * Each declaration reaches to the first line that is indented no deeper, and does not just close a bracket.
 */
function rangesOf(source: string, { from, to }: Range, head: RegExp): readonly Range[] {
	const found: Range[] = [];
	let open: { readonly from: number; readonly depth: number } | undefined;
	let at = from;
	for (const line of source.slice(from, to).split('\n')) {
		if (open !== undefined && endsBefore(line, open.depth)) {
			found.push({ from: open.from, to: at });
			open = undefined;
		}
		if (open === undefined && head.test(line)) open = { from: at, depth: depthOf(line) };
		at += line.length + 1;
	}
	if (open !== undefined) found.push({ from: open.from, to });
	return found;
}

function endsBefore(line: string, depth: number): boolean {
	if (line === '') return false;
	return depthOf(line) < depth || (depthOf(line) === depth && !/^\t*[)\]}]/.test(line));
}

function depthOf(line: string): number {
	return line.length - line.replace(/^\t+/, '').length;
}

/** What does not count: comments, white space, and a comma before a closing bracket. */
const PASSED_OVER = /(?<!\S)\/\/.*|\/\*[\s\S]*?\*\/|\s+|,(?=\s*[)\]}])/y;

/** The text that counts, and where each of its characters stood. */
function compact(source: string): { readonly text: string; readonly positions: readonly number[] } {
	const positions: number[] = [];
	let text = '';
	for (let at = 0; at < source.length; ) {
		PASSED_OVER.lastIndex = at;
		const passed = PASSED_OVER.exec(source)?.[0].length ?? 0;
		if (passed === 0) {
			text += source.charAt(at);
			positions.push(at);
		}
		at += Math.max(1, passed);
	}
	return { text, positions };
}
