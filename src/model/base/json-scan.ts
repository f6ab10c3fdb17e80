/** Finds in a JSON text what `JSON.parse` takes without a word: keys given twice, keys of every object's prototype, bottomless nesting. */

export interface JsonLimits {
	readonly bytes: number;
	/** How many objects and lists may lie in each other. */
	readonly depth: number;
	/** How many there may be in all: each costs memory that its two bytes do not show. */
	readonly nodes: number;
}

/** Assigned to an object these would change what it is, not what it holds. */
const PROTOTYPE_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** Where in a text one is. */
interface Place {
	/** For each object that is open the keys met so far; undefined for a list. */
	readonly open: (Set<string> | undefined)[];
	/** Objects and lists met so far. */
	nodes: number;
}

/**
 * Returns why `text` is not to be read, or undefined. It is looked through once and without recursion, before it is parsed: in a
 * text that is no JSON some things may pass, which the parser then refuses.
 */
export function findLaxity(text: string, limits: JsonLimits): string | undefined {
	const place: Place = { open: [], nodes: 0 };
	const mark = /["{}[\]]/g;
	for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
		const end = found[0] === '"' ? endOfString(text, found.index) : mark.lastIndex;
		const piece = text.slice(found.index, end);
		const why =
			found[0] === '"'
				? faultOfString(piece, isKey(text, end) ? place.open.at(-1) : undefined)
				: step(place, piece, limits);
		if (why !== undefined) return why;
		mark.lastIndex = end;
	}
	return undefined;
}

/** Goes into an object or list, or out of one. */
function step(place: Place, bracket: string, { depth, nodes }: JsonLimits): string | undefined {
	if (bracket === '}' || bracket === ']') {
		place.open.pop();
		return undefined;
	}
	place.nodes += 1;
	if (place.nodes > nodes) return `it holds more than ${nodes} objects and lists`;
	place.open.push(bracket === '{' ? new Set() : undefined);
	return place.open.length > depth ? `it is nested more than ${depth} deep` : undefined;
}

function endOfString(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
	return at + 1;
}

/** In JSON only a key has a colon behind it. */
function isKey(text: string, end: number): boolean {
	let at = end;
	while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
	return text[at] === ':';
}

function faultOfString(written: string, keys: Set<string> | undefined): string | undefined {
	if (keys === undefined && !written.includes('\\')) return undefined;
	const value = textIn(written);
	if (value === undefined) return undefined;
	if (!value.isWellFormed()) return 'a text in it holds half a character';
	if (keys === undefined) return undefined;
	if (PROTOTYPE_KEYS.includes(value)) return `a key in it is ${value}`;
	if (keys.has(value)) return `its key ${JSON.stringify(value.slice(0, 100))} stands there twice`;
	keys.add(value);
	return undefined;
}

/** `\u0061` and `a` are one key. */
function textIn(written: string): string | undefined {
	if (!written.includes('\\')) return written.slice(1, -1);
	try {
		return JSON.parse(written) as string;
	} catch {
		return undefined;
	}
}
