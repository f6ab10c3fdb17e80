import { expect, test } from 'vitest';
import { closureOf, findCycle, type Graph, importsOf, packageOf, targetOf } from './import-graph.ts';

test.each([
	["import fs from 'node:fs';", 'node:fs', 'value'],
	["import { a, b } from '../x.ts';", '../x.ts', 'value'],
	["import {\n\ta,\n\ttype B,\n} from './x.ts';", './x.ts', 'value'],
	["import { type A } from './x.ts';", './x.ts', 'value'],
	["import type { A } from './x.ts';", './x.ts', 'type'],
	["import * as z from 'zod';", 'zod', 'value'],
	["import './x.ts';", './x.ts', 'value'],
	["import data from './x.json' with { type: 'json' };", './x.json', 'value'],
	["export { a } from './x.ts';", './x.ts', 'value'],
	["export * from './x.ts';", './x.ts', 'value'],
	["export type { A } from './x.ts';", './x.ts', 'type'],
	["const x = await import('./x.ts');", './x.ts', 'lazy'],
	["type A = import('./x.ts').A;", './x.ts', 'lazy'],
])('reads %j', (text, specifier, kind) => {
	expect(importsOf(text)).toEqual([{ specifier, kind }]);
});

test.each([
	"// import a from 'a';",
	"\t// const x = import('a');",
	"/** import('a')\n * import b from 'b';\n */",
	"export const from = 'a';",
	"export function f() {\n\treturn 'a';\n}",
	'import.meta.dirname;',
])('sees no import in %j', (text) => {
	expect(importsOf(text)).toEqual([]);
});

test.each([
	'const x = import(name);',
	"const x = require('a');",
	'import a from "a";',
	"import a from 'a' // no end",
])('refuses %j', (text) => {
	expect(() => importsOf(text)).toThrow('could be read');
});

test('finds where an import leads', () => {
	expect(targetOf('privileged/karen/main.ts', '../../model/base/error.ts')).toBe('model/base/error.ts');
	expect(targetOf('model/base/error.ts', 'execa')).toBeUndefined();
	expect(['execa', 'smol-toml/x', '@scope/name/x', 'node:fs', './x.ts'].map(packageOf)).toEqual([
		'execa',
		'smol-toml',
		'@scope/name',
		undefined,
		undefined,
	]);
});

function graph(texts: Record<string, string>): Graph {
	return new Map(
		Object.entries(texts).map(([path, text]) => [path, { path, text, imports: importsOf(text) }]),
	);
}

test('a closure follows what runs, now or later, and no types', () => {
	const tree = graph({
		'a.ts': "import './b.ts';\nimport type { C } from './c.ts';",
		'b.ts': "const d = await import('./d.ts');",
		'c.ts': '',
		'd.ts': "import './a.ts';",
	});
	expect(closureOf(tree, 'a.ts')).toEqual(['a.ts', 'b.ts', 'd.ts']);
});

test('a cycle is found, one of types too', () => {
	expect(
		findCycle(graph({ 'a.ts': "import './b.ts';", 'b.ts': "import './c.ts';", 'c.ts': '' })),
	).toBeUndefined();
	const cycle = graph({
		'a.ts': "import './b.ts';",
		'b.ts': "import './c.ts';",
		'c.ts': "import type { B } from './b.ts';",
	});
	expect(findCycle(cycle)).toEqual(['b.ts', 'c.ts', 'b.ts']);
});
