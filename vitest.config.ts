import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const needRoot = '**/*.root.test.ts';

/** Tests of whole boxes take longest, whatever the size of their files: they begin, so that none is left running alone at the end. */
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
		// Real processes, locks and signals: each test file gets a process of its own. They wait for others more than they work.
		pool: 'forks',
		maxWorkers: 1 + Math.max(2, availableParallelism()),
		sequence: { sequencer: WholeBoxesFirst },
		include: ['test/**/*.test.ts'],
		exclude: [...configDefaults.exclude, ...(process.getuid?.() === 0 ? [] : [needRoot])],
		// They end a test that hangs, on the slowest machine too; nothing is asserted about speed.
		testTimeout: 120_000,
		hookTimeout: 120_000,
		teardownTimeout: 10_000,
		slowTestThreshold: 5000,
		reporters: ['default'],
	},
});
