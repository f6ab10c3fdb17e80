import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { TIERS } from './test/tiers.ts';

const withoutRoot = process.getuid?.() === 0 ? [] : ['**/*.root.test.ts'];

/** Tests of whole boxes take longest: they start first, so that none runs alone at the end. */
class WholeBoxesFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const isWhole = ({ moduleId }: TestSpecification) =>
			/\/test\/(stories|faults|docs|privileged\/karen)\//.test(moduleId);
		const sorted = await super.sort(files);
		return [...sorted.filter(isWhole), ...sorted.filter((file) => !isWhole(file))];
	}
}

export default defineConfig({
	test: {
		// Each file has a process of its own, for its locks and signals. Tests wait more than they compute.
		pool: 'forks',
		maxWorkers: 1 + Math.max(2, availableParallelism()),
		sequence: { sequencer: WholeBoxesFirst },
		projects: Object.entries(TIERS).map(([name, { include, exclude }]) => ({
			extends: true,
			test: {
				name,
				include: [...include],
				exclude: [...configDefaults.exclude, ...exclude, ...withoutRoot],
				setupFiles: name === 'unit' ? ['test/no-processes.ts'] : [],
			},
		})),
		// Ends a test that hangs, even on the slowest machine; no test asserts speed.
		testTimeout: 120_000,
		hookTimeout: 120_000,
		teardownTimeout: 10_000,
		slowTestThreshold: 5000,
		reporters: ['default'],
	},
});
