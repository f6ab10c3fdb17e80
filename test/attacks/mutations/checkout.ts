/** A copy of the checkout, in which defences are taken out, and one test run at a time. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { patternOf } from './mutation.ts';

export const TOP = resolve(import.meta.dirname, '../../..');

/** What is linked or left out: the rest is small. */
const NOT_COPIED: readonly string[] = ['node_modules', '.git', 'dist'];

/** A test that is stuck without its defence has failed. In milliseconds. */
const LIMIT = 180_000;

export interface TestEnd {
	readonly name: string;
	readonly passed: boolean;
	/** Why it failed. */
	readonly said: string;
}

export type RunEnd =
	/** Those that ran. */
	| { readonly kind: 'ran'; readonly tests: readonly TestEnd[] }
	/** The file could not be loaded. */
	| { readonly kind: 'not-loaded'; readonly said: string }
	| { readonly kind: 'too-long' };

export interface Checkout {
	read(file: string): string;
	write(file: string, text: string): void;
	/** Runs the tests with these names of one file. */
	run(test: string, names: readonly string[]): Promise<RunEnd>;
	/** Ends what still runs in it, and removes it. */
	remove(): void;
}

/**
 * Copies the checkout that this file is in. Other users may read the copy, as tests with a second user need.
 */
export function copyCheckout(): Checkout {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-mutations-')));
	chmodSync(dir, 0o755);
	for (const name of readdirSync(TOP))
		if (!NOT_COPIED.includes(name)) cpSync(join(TOP, name), join(dir, name), { recursive: true });
	symlinkSync(realpathSync(join(TOP, 'node_modules')), join(dir, 'node_modules'));
	let running: ChildProcess | undefined;
	return {
		read: (file) => readFileSync(join(dir, file), 'utf8'),
		write: (file, text) => writeFileSync(join(dir, file), text),
		async run(test, names) {
			const report = join(dir, 'report.json');
			rmSync(report, { force: true });
			running = startTests(dir, test, names, report);
			const how = await endOf(running);
			running = undefined;
			if (how === 'killed') return { kind: 'too-long' };
			return existsSync(report)
				? endIn(readFileSync(report, 'utf8'))
				: { kind: 'not-loaded', said: 'vitest wrote no report' };
		},
		remove() {
			if (running !== undefined) killGroup(running);
			rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
		},
	};
}

/** Tests start built programs. One that cannot be built is not there, and its tests fail. */
function startTests(dir: string, test: string, names: readonly string[], report: string): ChildProcess {
	spawnSync(process.execPath, ['scripts/dev/build.ts'], { cwd: dir, stdio: 'ignore', timeout: LIMIT });
	const pattern = names.map(patternOf).join('|');
	const args = [
		'node_modules/vitest/vitest.mjs',
		'run',
		test,
		'--testNamePattern',
		pattern,
		'--reporter=json',
		`--outputFile=${report}`,
	];
	return spawn(process.execPath, args, { cwd: dir, stdio: 'ignore', detached: true });
}

/** Waits for the end, and brings it about where it takes too long. */
async function endOf(child: ChildProcess): Promise<'ended' | 'killed'> {
	const late = setTimeout(() => killGroup(child), LIMIT);
	await once(child, 'close');
	clearTimeout(late);
	return child.signalCode === 'SIGKILL' ? 'killed' : 'ended';
}

/** Its workers with it. */
function killGroup({ pid }: ChildProcess): void {
	if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

/** The parts of vitest's report that are used. */
interface Report {
	readonly testResults: readonly {
		readonly message?: string;
		readonly assertionResults: readonly {
			readonly fullName: string;
			readonly status: string;
			readonly failureMessages?: readonly string[];
		}[];
	}[];
}

function endIn(text: string): RunEnd {
	const { testResults } = JSON.parse(text) as Report;
	const results = testResults.flatMap(({ assertionResults }) => assertionResults);
	const ran = results.filter(({ status }) => status === 'passed' || status === 'failed');
	if (ran.length === 0)
		return { kind: 'not-loaded', said: testResults.map(({ message = '' }) => message).join('\n') };
	const tests = ran.map(({ fullName, status, failureMessages = [] }) => ({
		name: fullName,
		passed: status === 'passed',
		said: failureMessages.join('\n'),
	}));
	return { kind: 'ran', tests };
}
