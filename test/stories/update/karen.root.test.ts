/** Whole updates by signal, with the real karen and the real pkill, each in a PID namespace of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, 'private/stories.ts');
const LIMIT = 310_000;

const names: readonly string[] = JSON.parse(execFileSync(process.execPath, [PROGRAM], { encoding: 'utf8' }));

test.each(names)(
	'%s',
	async (name) => {
		const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, PROGRAM, name];
		const child = spawn('unshare', args, {
			stdio: ['ignore', 'ignore', 'pipe'],
			timeout: LIMIT - 10_000,
			killSignal: 'SIGKILL',
		});
		let said = '';
		child.stderr.on('data', (piece) => (said += piece));
		const code = await new Promise((resolve) => child.once('close', resolve));
		expect({ code, said }).toEqual({ code: 0, said: '' });
	},
	LIMIT,
);
