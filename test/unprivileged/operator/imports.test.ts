/**
 * Every command loads only what all of them need; the configuration and running tools are loaded on demand.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atOnce, closureOf, packagesOf, readGraph } from '../../architecture/import-graph.ts';

const graph = atOnce(readGraph(join(import.meta.dirname, '../../../src')));
const loaded = closureOf(graph, 'unprivileged/operator/main.ts');

test('does not load the parsers of the configuration at start', () => {
	const packages = packagesOf(graph, loaded);
	expect(packages).toContain('commander');
	expect(packages).not.toContain('zod');
	expect(loaded).not.toContain('system/root/config-file.ts');
});

test('does not load what runs tools at start', () => {
	const packages = packagesOf(graph, loaded);
	expect(packages).toEqual(['commander', 'semver']);
	expect(loaded).not.toContain('system/process/run-tool.ts');
});
