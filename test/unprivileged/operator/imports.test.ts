/** What a command waits for before its first word is what every command loads; few of them need the configuration, or run a tool. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atOnce, closureOf, packagesOf, readGraph } from '../../architecture/import-graph.ts';

const graph = atOnce(readGraph(join(import.meta.dirname, '../../../src')));
const loaded = closureOf(graph, 'unprivileged/operator/main.ts');

test('the parsers of the configuration are loaded by the commands that need them', () => {
	const packages = packagesOf(graph, loaded);
	expect(packages).toContain('commander');
	expect(packages).not.toContain('zod');
	expect(loaded).not.toContain('system/files/config-file.ts');
});

test('what runs tools is loaded by the commands that run some', () => {
	const packages = packagesOf(graph, loaded);
	expect(packages).toEqual(['commander', 'semver']);
	expect(loaded).not.toContain('system/process/run-tool.ts');
});
