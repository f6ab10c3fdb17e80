/**
 * npm run faults -- [SUITE [PART…] | table] [--bounded] [--seed N] [--at TRIAL] [--trials N]
 * Breaks updates on purpose and looks how the box ends. Without a suite it runs all and writes the table of
 * docs/reliability.md. Exits with 1 when an end was wrong, 2 for wrong arguments or a missing tool.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cuts } from './disk/cuts/cuts.ts';
import { hooks } from './hooks/suite.ts';
import { keepRows, keptRows, type Row } from './result.ts';
import type { Effort, Suite } from './suite.ts';
import { errors } from './sweeps/error-sweep.ts';
import { kill } from './sweeps/kill-sweep.ts';
import { writeTable } from './table.ts';

const SUITES: readonly Suite[] = [kill, errors, cuts, hooks];
const PAGE = join(import.meta.dirname, '../../docs/reliability.md');

const OPTIONS = {
	bounded: { type: 'boolean' },
	seed: { type: 'string' },
	at: { type: 'string' },
	trials: { type: 'string' },
} as const;

interface Settings {
	readonly suites: readonly Suite[];
	readonly effort: Effort;
	/** Whether the rows of this run count: those of a sample or of one point do not. */
	readonly rows: 'kept' | 'shown';
	readonly table: 'written' | 'left';
}

const settings = readArguments(process.argv.slice(2));
if (typeof settings === 'string') {
	process.stderr.write(`${settings}\nsuites: ${SUITES.map(({ name }) => name).join(' ')}\n`);
	process.exitCode = 2;
} else process.exitCode = await run(settings);

/** Returns what to do, or what is wrong with the arguments. */
function readArguments(args: string[]): Settings | string {
	try {
		const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
		const [name, ...only] = positionals;
		const suites = SUITES.filter((suite) => name === undefined || suite.name === name);
		if (name !== 'table' && name !== undefined && suites.length === 0) return `there is no suite ${name}`;
		const [seed, trials] = [values.seed, values.trials].map(numberIn);
		const { at } = values;
		const kind = values.bounded === true ? 'bounded' : 'full';
		const isWhole = kind === 'full' && only.length === 0 && at === undefined && trials === undefined;
		return {
			suites: name === 'table' ? [] : suites,
			effort: { kind, only, at, trials, seed: seed ?? 1 },
			rows: isWhole ? 'kept' : 'shown',
			table: name === 'table' || (name === undefined && isWhole) ? 'written' : 'left',
		};
	} catch (thrown) {
		return thrown instanceof Error ? thrown.message : String(thrown);
	}
}

function numberIn(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const number = Number(text);
	if (!Number.isSafeInteger(number) || number < 1)
		throw new Error('--seed and --trials take whole numbers above 0');
	return number;
}

/** Runs the suites one after the other and returns the exit code. */
async function run({ suites, effort, rows, table }: Settings): Promise<0 | 1> {
	let wrong = 0;
	for (const suite of suites) {
		process.stdout.write(`== ${suite.name}, ${effort.kind}, seed ${effort.seed}\n`);
		const found = await suite.run(effort);
		for (const row of found) process.stdout.write(`${printed(row)}\n`);
		if (rows === 'kept') keepRows(suite.name, `npm run faults -- ${suite.name} --seed ${effort.seed}`, found);
		wrong += found.reduce((sum, row) => sum + row.wrong, 0);
	}
	if (table === 'written') writeTable(PAGE, keptRows());
	process.stdout.write(`${wrong} wrong ends\n`);
	return wrong === 0 ? 0 : 1;
}

function printed({ fault, during, trials, points, wrong, lost }: Row): string {
	return `${fault}, ${during}: ${trials} trials of ${points} points, ${wrong} wrong ends, ${lost} bytes lost`;
}
