/** An updater is started for every look at the source: what it loads before its first step is what its settings need. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closureOf, packageOf, readGraph } from '../../architecture/import-graph.ts';

const graph = readGraph(join(import.meta.dirname, '../../../src'));
const atOnce = new Map([...graph].map(([path, file]) => [path, { ...file, imports: file.imports.filter(({ kind }) => kind !== 'lazy') }]));
const loaded = closureOf(atOnce, 'privileged/updater/main.ts');
const values = loaded.flatMap((path) => (atOnce.get(path)?.imports ?? []).filter(({ kind }) => kind === 'value'));

test('TUF is loaded where it vouches for releases', () => {
	const packages = values.map(({ specifier }) => packageOf(specifier));
	expect(packages).toContain('execa');
	expect(packages).not.toContain('tuf-js');
	expect(loaded).not.toContain('privileged/updater/releases/open-tuf-index.ts');
});

test('whatever it loads later is loaded when it starts: while it works, a release may put other code there', () => {
	const later = [...graph].flatMap(([path, { imports }]) =>
		path.startsWith('privileged/updater/') && imports.some(({ kind }) => kind === 'lazy') ? [path] : [],
	);
	expect(later).toEqual(['privileged/updater/releases/open-releases.ts']);
});

test('of semver only the functions that are called', () => {
	expect(values.map(({ specifier }) => specifier)).not.toContain('semver');
});
