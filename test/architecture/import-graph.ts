/**
 * The import graph of a tree of TypeScript files, read from their text. Biome's format leaves imports one way
 * to stand.
 */
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface Import {
	/** As written: `../model/base/error.ts`, `node:fs`, `execa`. */
	readonly specifier: string;
	/** `type` imports are gone when the file runs; `lazy` ones run later. */
	readonly kind: 'value' | 'type' | 'lazy';
}

export interface SourceFile {
	/** Relative to the tree, with `/`: `model/base/error.ts`. */
	readonly path: string;
	readonly text: string;
	readonly imports: readonly Import[];
}

/** Files by their path. */
export type Graph = ReadonlyMap<string, SourceFile>;

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'(?: with \{[^}]*\})?;$/gm;
const CALL = /\bimport\(\s*'([^']+)'\s*\)/g;

/** Returns the imports of a file. Throws when one stands there that these few lines cannot read. */
export function importsOf(text: string): Import[] {
	const code = withoutComments(text);
	const statements = [...code.matchAll(STATEMENT)];
	const calls = [...code.matchAll(CALL)];
	const read = statements.filter(([whole]) => whole.startsWith('import')).length + calls.length;
	const written = [...code.matchAll(/^import\b(?!\.|\()|\bimport\(|\brequire\(/gm)].length;
	if (read !== written) throw new Error(`${written} imports are written, ${read} could be read`);
	return [
		...statements.map(([, type, specifier = '']) => ({
			specifier,
			kind: type === undefined ? ('value' as const) : ('type' as const),
		})),
		...calls.map(([, specifier = '']) => ({ specifier, kind: 'lazy' as const })),
	];
}

function withoutComments(text: string): string {
	return text.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

export function readGraph(top: string): Graph {
	const paths = globSync('**/*.ts', { cwd: top }).sort();
	const files = paths.map((path) => {
		const text = readFileSync(`${top}/${path}`, 'utf8');
		return { path, text, imports: importsOf(text) };
	});
	return new Map(files.map((file) => [file.path, file]));
}

/** Returns the path in the tree that a relative import means; undefined for packages and `node:` modules. */
export function targetOf(from: string, specifier: string): string | undefined {
	return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

/**
 * Returns the package that an import names (`execa`, `@scope/name`); undefined for files and `node:` modules.
 */
export function packageOf(specifier: string): string | undefined {
	if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
	return specifier
		.split('/')
		.slice(0, specifier.startsWith('@') ? 2 : 1)
		.join('/');
}

/** Returns every file that is loaded when `main` runs, `main` first. */
export function closureOf(graph: Graph, main: string): string[] {
	const loaded = new Set([main]);
	for (const path of loaded) {
		for (const { specifier, kind } of graph.get(path)?.imports ?? []) {
			const target = targetOf(path, specifier);
			if (target !== undefined && kind !== 'type') loaded.add(target);
		}
	}
	return [...loaded];
}

/** Returns the graph of what is loaded at once: without the imports that run later. */
export function atOnce(graph: Graph): Graph {
	return new Map(
		[...graph].map(([path, file]) => [
			path,
			{ ...file, imports: file.imports.filter(({ kind }) => kind !== 'lazy') },
		]),
	);
}

/**
 * Returns what these files import from outside the tree when they run, as it is written:
 * `semver/functions/valid.js`, `node:fs`.
 */
export function outsideOf(graph: Graph, paths: readonly string[]): string[] {
	const imports = paths.flatMap((path) => graph.get(path)?.imports ?? []);
	return imports.flatMap(({ specifier, kind }) =>
		kind === 'type' || specifier.startsWith('.') ? [] : [specifier],
	);
}

/** Returns the packages that these files load, each once, sorted. */
export function packagesOf(graph: Graph, paths: readonly string[]): string[] {
	const names = outsideOf(graph, paths).map(packageOf);
	return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** Returns one circle of files that import each other, types included, or undefined. */
export function findCycle(graph: Graph): string[] | undefined {
	const done = new Set<string>();
	const visit = (path: string, trail: readonly string[]): string[] | undefined => {
		if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
		if (done.has(path)) return undefined;
		for (const { specifier } of graph.get(path)?.imports ?? []) {
			const target = targetOf(path, specifier);
			const cycle = target === undefined ? undefined : visit(target, [...trail, path]);
			if (cycle !== undefined) return cycle;
		}
		done.add(path);
		return undefined;
	};
	for (const path of graph.keys()) {
		const cycle = visit(path, []);
		if (cycle !== undefined) return cycle;
	}
	return undefined;
}
