/**
 * Finds what `JSON.parse` accepts silently: duplicate keys, keys of the object prototype, unlimited nesting.
 */

export interface JsonLimits {
	readonly bytes: number;
	/** Maximum nesting of objects and arrays. */
	readonly depth: number;
	/** Maximum number of objects and arrays: each takes far more memory than its two bytes. */
	readonly nodes: number;
}

/** Assigned to an object, these keys change its prototype instead of its contents. */
const PROTOTYPE_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** State of the scan at one point of the text. */
interface ScanState {
	/** The keys seen in each open object; undefined for an array. */
	readonly open: (Set<string> | undefined)[];
	/** Objects and arrays seen so far. */
	nodes: number;
}

/**
 * Returns why `text` must not be parsed, or undefined. It scans the text once, without recursion. Text that
 * is not JSON may pass; the parser rejects it afterwards.
 */
export function findStrictViolation(text: string, limits: JsonLimits): string | undefined {
	const state: ScanState = { open: [], nodes: 0 };
	const mark = /["{}[\]]/g;
	for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
		const end = found[0] === '"' ? endOfString(text, found.index) : mark.lastIndex;
		const piece = text.slice(found.index, end);
		const why =
			found[0] === '"'
				? faultOfString(piece, isKey(text, end) ? state.open.at(-1) : undefined)
				: step(state, piece, limits);
		if (why !== undefined) return why;
		mark.lastIndex = end;
	}
	return undefined;
}

/** Enters or leaves an object or array. */
function step(state: ScanState, bracket: string, { depth, nodes }: JsonLimits): string | undefined {
	if (bracket === '}' || bracket === ']') {
		state.open.pop();
		return undefined;
	}
	state.nodes += 1;
	if (state.nodes > nodes) return `it contains more than ${nodes} objects and arrays`;
	state.open.push(bracket === '{' ? new Set() : undefined);
	return state.open.length > depth ? `it is nested deeper than ${depth}` : undefined;
}

function endOfString(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
	return at + 1;
}

/** In JSON only a key is followed by a colon. */
function isKey(text: string, end: number): boolean {
	let at = end;
	while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
	return text[at] === ':';
}

function faultOfString(written: string, keys: Set<string> | undefined): string | undefined {
	if (keys === undefined && !written.includes('\\')) return undefined;
	const value = textIn(written);
	if (value === undefined) return undefined;
	if (!value.isWellFormed()) return 'a string in it has a lone surrogate';
	if (keys === undefined) return undefined;
	if (PROTOTYPE_KEYS.includes(value)) return `it has the key ${value}`;
	if (keys.has(value)) return `its key ${JSON.stringify(value.slice(0, 100))} occurs twice`;
	keys.add(value);
	return undefined;
}

/** Decodes escapes, because `\u0061` and `a` are the same key. */
function textIn(written: string): string | undefined {
	if (!written.includes('\\')) return written.slice(1, -1);
	try {
		return JSON.parse(written) as string;
	} catch {
		return undefined;
	}
}
