import { expect, test } from 'vitest';
import { declarationsOf, occurrencesOf } from './anchor.ts';

const SOURCE = `import { read } from './read.ts';

export async function open(
	path: string,
): Promise<number> {
	return read(path);
}

const LIMITS = {
	read: 5,
};

interface Reads {
	read(): void;
}

export class Store {
	readonly #reads = 0;

	read(): number {
		return this.#read();
	}

	#read(): number {
		read(1);
		return this.#reads;
	}
}

function openAll() {}
`;

function textsOf(name: string): readonly string[] {
	return declarationsOf(SOURCE, name).map(({ from, to }) => SOURCE.slice(from, to).trim());
}

test.each([
	[
		'a function whose parameters are wrapped',
		'open',
		/^export async function open\(.*return read\(path\);\n}$/s,
	],
	['a constant', 'LIMITS', /^const LIMITS = {.*};$/s],
	['a class', 'Store', /^export class Store {.*}$/s],
	['a method', 'Store.read', /^read\(\): number {.*this\.#read\(\);\n\t}$/s],
	['a private method', 'Store.#read', /^#read\(\): number {.*this\.#reads;\n\t}$/s],
	['a field', 'Store.#reads', /^readonly #reads = 0;$/],
	['a property of a constant', 'LIMITS.read', /^read: 5,$/],
	['a short function at the end', 'openAll', /^function openAll\(\) {}$/],
])('finds %s', (_what, name, expected) => {
	const found = textsOf(name);
	expect(found).toHaveLength(1);
	expect(found[0]).toMatch(expected);
});

test.each(['read', 'Reads', 'Store.open', 'close', 'ope'])('finds no declaration named %s', (name) => {
	expect(textsOf(name)).toEqual([]);
});

function found(source: string, expression: string): readonly string[] {
	return occurrencesOf(source, { from: 0, to: source.length }, expression).map(({ from, to }) =>
		source.slice(from, to),
	);
}

test.each([
	['wrapped arguments', 'f(\n\ta,\n\tb,\n)', 'f(a, b)'],
	['one line where the expression is wrapped', 'f(a, b)', 'f(\n\ta,\n\tb,\n)'],
	['a comment at the end of a line', 'a && // why\n\tb', 'a && b'],
	['a comment between', 'a && /* why */ b', 'a && b'],
	['an address in a string', "get('https://a')", "get('https://a')"],
])('ignores layout: %s', (_what, source, expression) => {
	expect(found(`x; ${source}; y`, expression)).toEqual([source]);
});

test('finds each occurrence, and none outside the range', () => {
	expect(found('no(); no();', 'no()')).toHaveLength(2);
	expect(occurrencesOf('no(); f();', { from: 5, to: 10 }, 'no()')).toEqual([]);
});
