/** karen idles as root for months: what she loads is a short list. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closureOf, packagesOf, readGraph } from '../../architecture/import-graph.ts';

const graph = readGraph(join(import.meta.dirname, '../../../src'));
const loaded = closureOf(graph, 'privileged/karen/main.ts');

test('of packages only the watcher and the logger', () => {
	expect(packagesOf(graph, loaded)).toEqual(['chokidar', 'pino']);
});

test('neither the parsers of the configuration nor the updater', () => {
	const heavy = [
		'model/config/config.ts',
		'system/toml.ts',
		'system/files/config-file.ts',
		'model/release/version.ts',
		'system/process/run-tool.ts',
	];
	expect(loaded.filter((path) => heavy.includes(path) || path.startsWith('privileged/updater/'))).toEqual([]);
});
