/** What a command waits for before its first word is what every command loads; few of them need the configuration. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closureOf, packageOf, readGraph } from '../../architecture/import-graph.ts';

const graph = readGraph(join(import.meta.dirname, '../../../src'));
const atOnce = new Map([...graph].map(([path, file]) => [path, { ...file, imports: file.imports.filter(({ kind }) => kind !== 'lazy') }]));
const loaded = closureOf(atOnce, 'unprivileged/operator/main.ts');

test('the parsers of the configuration are loaded by the commands that need them', () => {
	const packages = loaded.flatMap((path) =>
		(atOnce.get(path)?.imports ?? []).filter(({ kind }) => kind === 'value').map(({ specifier }) => packageOf(specifier)),
	);
	expect(packages).toContain('commander');
	expect(packages).not.toContain('zod');
	expect(loaded).not.toContain('system/config-file.ts');
});
