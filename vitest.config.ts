import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

const needRoot = '**/*.root.test.ts';

export default defineConfig({
	test: {
		// Real processes, locks and signals: each test file gets a process of its own. They wait for others more than they work.
		pool: 'forks',
		maxWorkers: 1 + Math.max(2, availableParallelism()),
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
