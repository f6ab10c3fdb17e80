/**
 * Bad hooks, each on a whole box in a PID namespace of its own: what it starts cannot outlive it, nor meet
 * anybody else's.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Row, rowOf, type Trial } from '../result.ts';
import type { Effort, Suite } from '../suite.ts';
import { HOOK_CASES } from './cases.ts';

const PROGRAM = join(import.meta.dirname, 'run-case.ts');
/** Milliseconds for one case, on a slow and busy machine too. */
export const LIMIT = 300_000;
/** How many cases a bounded run takes. */
const SAMPLE = 10;

export const hooks: Suite = {
	name: 'hooks',
	async run(effort: Effort): Promise<readonly Row[]> {
		const trials: Trial[] = [];
		for (const name of chosen(effort)) {
			const trial = await runHookCase(name);
			process.stdout.write(`${trial.wrong.length === 0 ? 'right' : 'WRONG'}  ${name}\n`);
			for (const line of trial.wrong) process.stdout.write(`       ${line}\n`);
			if (trial.wrong.length > 0)
				process.stdout.write(
					`       again: npm run faults -- hooks --at ${1 + HOOK_CASES.findIndex((one) => one.name === name)}\n`,
				);
			trials.push(trial);
		}
		return [
			rowOf(
				{ fault: 'a hostile hook', during: 'one whole update', points: HOOK_CASES.length, note: '' },
				trials,
			),
		];
	},
};

/** A sample is a walk through the table from a point that the seed gives, in even steps. */
function chosen({ kind, seed, only, at, trials }: Effort): readonly string[] {
	const names = HOOK_CASES.map(({ name }) => name).filter((name) =>
		only.every((word) => name.includes(word)),
	);
	if (at !== undefined) return names.slice(Number(at) - 1, Number(at));
	const most = trials ?? (kind === 'full' ? names.length : SAMPLE);
	const step = Math.max(1, Math.floor(names.length / most));
	return names.filter((_, index) => (index + seed) % step === 0).slice(0, most);
}

/** Runs one case of the table and returns how it ended. */
export async function runHookCase(name: string): Promise<Trial> {
	const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, PROGRAM, name];
	const child = spawn('unshare', args, {
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: LIMIT,
		killSignal: 'SIGKILL',
	});
	let [said, complained] = ['', ''];
	child.stdout.on('data', (piece) => (said += piece));
	child.stderr.on('data', (piece) => (complained += piece));
	const code = await new Promise((resolve) => child.once('close', resolve));
	if (code === 0) return JSON.parse(said) as Trial;
	return { wrong: [`the case ended with ${code}: ${complained.slice(-2000)}`], recovery: null, lost: 0 };
}
