/** An updater starts for every check, so it loads only what its settings need. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atOnce, closureOf, outsideOf, packagesOf, readGraph } from '../../architecture/import-graph.ts';

const MAIN = 'privileged/updater/main.ts';
const graph = readGraph(join(import.meta.dirname, '../../../src'));
const atStart = atOnce(graph);
const loaded = closureOf(atStart, MAIN);

test('loads TUF only in trust mode tuf', () => {
	const packages = packagesOf(atStart, loaded);
	expect(packages).toContain('execa');
	expect(packages).not.toContain('tuf-js');
	expect(loaded).not.toContain('privileged/updater/releases/open-tuf-index.ts');
});

test('simple-git is loaded only where the source is git', () => {
	expect(packagesOf(atStart, loaded)).not.toContain('simple-git');
	expect(loaded.filter((path) => path.startsWith('sources/git/'))).toEqual([]);
	expect(packagesOf(graph, closureOf(graph, MAIN))).toContain('simple-git');
});

test('in one file alone something is loaded later, when the updater opens its releases: while it works, a release may put other code there', () => {
	const everything = closureOf(graph, MAIN);
	const later = everything.filter((path) => graph.get(path)?.imports.some(({ kind }) => kind === 'lazy'));
	expect(later).toEqual(['privileged/updater/releases/open-releases.ts']);
});

test('loads only the semver functions that are called', () => {
	const named = outsideOf(atStart, loaded);
	expect(named).toContain('semver/functions/valid.js');
	expect(named).not.toContain('semver');
});
