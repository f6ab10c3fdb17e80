/**
 * How long our short programs take from start to end, beside an empty Node process, and how many files they
 * load.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bench, compare, counted, type Line } from '../line.ts';
import { shuffled } from '../measure/random.ts';
import type { Round } from '../measure/ratio.ts';
import type { Result } from '../measure/result.ts';
import { cleanEnvironment } from '../peers/process.ts';
import { benchPath } from '../peers/programs.ts';

interface Subject {
	readonly metric: string;
	/** Relative to the installation. */
	readonly program: string;
	readonly args: readonly string[];
	/** What its time is compared with an empty Node's may be. */
	readonly goal: number;
}

/** The updater gets no verb: it loads everything, as it does for an update, refuses, and ends. */
const SUBJECTS: readonly Subject[] = [
	{ metric: 'program.help', program: 'bin/signalbox', args: ['--help'], goal: 2.5 },
	{ metric: 'program.updater', program: 'dist/updater.js', args: [], goal: 3.5 },
];

/** Each program loads its own file and no other. */
const FILES_GOAL = 1;

export const programs: Line = {
	name: 'program',
	limit: 120,
	async measure(bench) {
		const installation = dirname(bench.karen);
		const empty = join(bench.directory(), 'empty.mjs');
		writeFileSync(empty, '');
		const results: Result[] = [];
		for (const subject of SUBJECTS) results.push(await timeOf(subject, installation, empty, bench));
		results.push(filesOf('program.files.help', join(installation, 'dist/operator.js'), ['--help']));
		results.push(filesOf('program.files.updater', join(installation, 'dist/updater.js'), []));
		results.push(filesOf('program.files.karen', join(installation, 'dist/karen.js'), ['--no-such-option']));
		return results;
	},
};

async function timeOf(
	{ metric, program, args, goal }: Subject,
	installation: string,
	empty: string,
	bench: Bench,
): Promise<Result> {
	const path = join(installation, program);
	const command = path.endsWith('.js') ? [process.execPath, path, ...args] : [path, ...args];
	const cache = { NODE_COMPILE_CACHE: join(installation, 'node_modules/.cache/compile') };
	const sides = {
		ours: () => run(command, cache),
		node: () => run([process.execPath, empty], {}),
		again: () => run([process.execPath, empty], {}),
	};
	// The first start of a build fills the compile cache.
	await sides.ours();
	await sides.node();
	const rounds: Round[] = [];
	const control: Round[] = [];
	for (let round = 0; round < bench.rounds(30, 10); round++) {
		const took = { ours: Number.NaN, node: Number.NaN, again: Number.NaN };
		for (const side of shuffled(['ours', 'node', 'again'] as const, bench.random))
			took[side] = await sides[side]();
		rounds.push({ ours: [took.ours], peer: [took.node] });
		control.push({ ours: [took.again], peer: [took.node] });
	}
	return compare(
		{ metric, sides: 'ours ÷ empty Node', unit: 'ms', goal, share: 0.5, rounds, control },
		bench.random,
	);
}

/** Returns the milliseconds from the start of a program to its end. */
async function run(command: readonly string[], further: Readonly<Record<string, string>>): Promise<number> {
	const [program = '', ...args] = command;
	const began = performance.now();
	const child = spawn(program, args, {
		cwd: '/',
		env: { ...cleanEnvironment(), ...further },
		stdio: 'ignore',
		timeout: 15_000,
	});
	await once(child, 'exit');
	return performance.now() - began;
}

function filesOf(metric: string, program: string, args: readonly string[]): Result {
	const ended = spawnSync(
		process.execPath,
		['--import', benchPath('peers/count-files.ts'), program, ...args],
		{ cwd: '/', env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'ignore', 'pipe'], timeout: 15_000 },
	);
	const files = Number(ended.output[3]?.toString() || Number.NaN);
	return counted(metric, 'files', files, 1, FILES_GOAL, 'n in starts');
}
