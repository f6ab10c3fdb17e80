/**
 * npm run bench -- [LINE…] [--rounds N] [--quick] [--seed N] [--karen PATH] Measures karen beside its peers,
 * one line after the other, prints a result for each metric and keeps it in bench/out/. Exits with 1 when a
 * goal is not met or a line broke, 2 for wrong arguments.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { availableParallelism, loadavg, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Line } from './line.ts';
import { burst } from './lines/burst.ts';
import { memory, wakeups } from './lines/idle.ts';
import { kinds } from './lines/kinds.ts';
import { latency, latencyOfOlderSystems } from './lines/latency.ts';
import { missedWhileDown } from './lines/missed.ts';
import { programs } from './lines/programs.ts';
import { start } from './lines/start.ts';
import { storm } from './lines/storm.ts';
import { touches } from './lines/touches.ts';
import { printed, type Result } from './measure/result.ts';
import { benchPath, hasTool, PACKAGES } from './peers/programs.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const LINES: readonly Line[] = [
	latency,
	latencyOfOlderSystems,
	burst,
	storm,
	kinds,
	missedWhileDown,
	touches,
	wakeups,
	memory,
	start,
	programs,
];

interface Settings {
	readonly lines: readonly Line[];
	readonly rounds: number | undefined;
	readonly effort: Bench['effort'];
	readonly seed: number;
	/** The watcher under test: ours, or that of another checkout. */
	readonly karen: string;
}

const settings = readArguments(process.argv.slice(2));
if (typeof settings === 'string') {
	process.stderr.write(`${settings}\nlines: ${LINES.map(({ name }) => name).join(' ')}\n`);
	process.exitCode = 2;
} else process.exitCode = await run(settings);

/** Returns what to do, or what is wrong with the arguments. */
function readArguments(args: string[]): Settings | string {
	try {
		const options = {
			rounds: { type: 'string' },
			seed: { type: 'string' },
			quick: { type: 'boolean' },
			karen: { type: 'string' },
		} as const;
		const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
		const stray = positionals.find((wanted) => !LINES.some(({ name }) => name.startsWith(wanted)));
		if (stray !== undefined) return `there is no line ${stray}`;
		const [rounds, seed] = [values.rounds, values.seed].map((text) =>
			text === undefined ? undefined : Number(text),
		);
		if (
			[rounds, seed].some((number) => number !== undefined && !(Number.isSafeInteger(number) && number > 0))
		)
			return '--rounds and --seed take whole numbers above 0';
		const effort = values.quick === true ? 'quick' : 'full';
		return {
			lines: chosen(positionals, effort),
			rounds,
			effort,
			seed: seed ?? Math.ceil(Math.random() * 1e9),
			karen: resolve(values.karen ?? benchPath('../karen')),
		};
	} catch (thrown) {
		return thrown instanceof Error ? thrown.message : String(thrown);
	}
}

/**
 * Returns the lines that begin with one of these words; for no words all, the slow ones only with full
 * effort.
 */
function chosen(words: readonly string[], effort: Bench['effort']): Line[] {
	if (words.length === 0) return LINES.filter(({ slow }) => effort === 'full' || slow !== true);
	return LINES.filter(({ name }) => words.some((word) => name.startsWith(word)));
}

/** Runs the lines and returns the exit code. */
async function run(settings: Settings): Promise<0 | 1> {
	const facts = {
		machine: machineClass(),
		load: loadavg()[0]?.toFixed(1),
		effort: settings.effort,
		seed: settings.seed,
	};
	process.stdout.write(`${facts.machine}; load ${facts.load}; ${facts.effort}; seed ${facts.seed}\n`);
	if (!hasTool('gcc')) return skipAll(settings.lines);
	const workshop = openWorkshop(settings);
	const results: Result[] = [];
	try {
		for (const line of settings.lines) {
			progress(line.name);
			const began = performance.now();
			const came = await measure(line, workshop);
			progress('');
			for (const result of came) process.stdout.write(`${printed(result)}\n`);
			keep(came, { ...facts, seconds: Math.round((performance.now() - began) / 1000) });
			results.push(...came);
			// A line that did not end may still be at work, and would be in the figures of the next.
			if (came.some((result) => result.kind === 'broken' && result.how === 'too long')) break;
		}
	} finally {
		await workshop.close();
	}
	return results.some(
		(result) => result.kind === 'broken' || ('verdict' in result && result.verdict === 'not met'),
	)
		? 1
		: 0;
}

function machineClass(): string {
	return `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}, Node ${process.versions.node}`;
}

/** Shows on a terminal which line is at work. */
function progress(name: string): void {
	if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}`);
}

/** Without a compiler there is neither floor nor trigger. */
function skipAll(lines: readonly Line[]): 0 {
	for (const { name } of lines)
		process.stdout.write(`${printed({ kind: 'skipped', metric: name, install: PACKAGES.gcc })}\n`);
	return 0;
}

/** Measures one line within its limit. What it started is ended in any case. */
async function measure(line: Line, workshop: Workshop): Promise<Result[]> {
	const broken = (how: 'failed' | 'too long', why: string): Result[] => [
		{ kind: 'broken', metric: line.name, how, why },
	];
	const limit = Promise.withResolvers<Result[]>();
	const timer = setTimeout(
		() => limit.resolve(broken('too long', `not done within ${line.limit} s; the run ends here`)),
		line.limit * 1000,
	);
	try {
		return await Promise.race([line.measure(workshop.bench), limit.promise]);
	} catch (thrown) {
		return broken('failed', thrown instanceof Error ? thrown.message : String(thrown));
	} finally {
		clearTimeout(timer);
		await workshop.endLine();
	}
}

/** Appends the results to bench/out/DATE.jsonl, a result a line. */
function keep(results: readonly Result[], facts: Readonly<Record<string, unknown>>): void {
	const at = new Date().toISOString();
	mkdirSync(benchPath('out'), { recursive: true });
	const lines = results.map((result) => `${JSON.stringify({ at, ...facts, ...result })}\n`);
	appendFileSync(benchPath(`out/${at.slice(0, 10)}.jsonl`), lines.join(''));
}
