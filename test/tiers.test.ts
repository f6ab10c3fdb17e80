import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TIERS } from './tiers.ts';

const TOP = join(import.meta.dirname, '..');
const filesOf = (patterns: readonly string[]) =>
	patterns.flatMap((pattern) => globSync(pattern, { cwd: TOP }));

test('every test file belongs to exactly one tier', () => {
	const tiers = Object.entries(TIERS).flatMap(([name, { include, exclude }]) => {
		const excluded = new Set(filesOf(exclude));
		return filesOf(include)
			.filter((file) => !excluded.has(file))
			.map((file) => ({ file, name }));
	});
	const files = filesOf(['test/**/*.test.ts']);
	expect(tiers.map(({ file }) => file).sort()).toEqual(files.sort());
});

test('each tier has tests', () => {
	for (const { include } of Object.values(TIERS)) expect(filesOf(include)).not.toEqual([]);
});
