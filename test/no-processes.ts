/** Loaded before each unit test: a test that starts a process belongs to another tier (test/tiers.ts). */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const STARTS = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const;

for (const name of STARTS)
	Object.assign(childProcess, {
		[name]: () => {
			throw new Error(`a unit test must not start a process (${name}): see test/tiers.ts`);
		},
	});
syncBuiltinESMExports();
