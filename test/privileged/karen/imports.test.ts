/** karen stays in memory as root for months, so it may load only a few modules. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closureOf, packagesOf, readGraph } from '../../architecture/import-graph.ts';

const graph = readGraph(join(import.meta.dirname, '../../../src'));
const loaded = closureOf(graph, 'privileged/karen/main.ts');

test('loads no packages except the watcher and the logger', () => {
	expect(packagesOf(graph, loaded)).toEqual(['chokidar', 'pino']);
});

test('loads neither the configuration parsers nor the updater', () => {
	const heavy = [
		'model/config/config.ts',
		'system/toml.ts',
		'system/root/config-file.ts',
		'model/release/version.ts',
		'system/process/run-tool.ts',
	];
	expect(loaded.filter((path) => heavy.includes(path) || path.startsWith('privileged/updater/'))).toEqual([]);
});
