/** The harness is only worth what it catches: writers that are broken on purpose, and one that is not. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesOf } from '../../box/processes.ts';
import { scratch } from '../../scratch.ts';
import { type CountedEnd, compileKillat, type Fault, runCounted } from './killat.ts';

const WRITER = join(import.meta.dirname, '../../fixtures/programs/writer.ts');
const ROUNDS = 2;

let tools = '';
let killat = '';

beforeAll(() => {
	tools = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
	killat = compileKillat(tools);
});

afterAll(() => rmSync(tools, { recursive: true, force: true }));

function run(command: readonly [string, ...string[]], below: string, fault?: Fault): Promise<CountedEnd> {
	const env = {
		PATH: process.env['PATH'] ?? '',
		NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
	};
	const common = { command, cwd: '/', input: '', env, below: [below], log: join(tools, 'run'), limit: 100 };
	return runCounted(killat, fault === undefined ? common : { ...common, fault });
}

type Verdict = 'whole' | 'torn' | 'lost';

/** What stands in the file, compared with what the writer said that it had written. */
function verdictOn(file: string, stdout: string): Verdict {
	const acked = Number(stdout.match(/acked (\d+)\n$/)?.[1] ?? 0);
	if (!existsSync(file)) return acked === 0 ? 'whole' : 'lost';
	const text = readFileSync(file, 'utf8');
	const generation = Number(text.match(/^generation (\d+)\n/)?.[1] ?? -1);
	if (!text.endsWith(`\nend of ${generation}\n`)) return 'torn';
	return generation < acked ? 'lost' : 'whole';
}

/** Breaks the writer at each of its calls, and returns how often each verdict was given. */
async function sweep(kind: string, faultAt: (at: number) => Fault): Promise<Record<Verdict, number>> {
	const dir = join(scratch(), 'state');
	const file = join(dir, 'file');
	const write = (fault?: Fault) => {
		rmSync(dir, { recursive: true, force: true });
		mkdirSync(dir);
		return run([process.execPath, WRITER, kind, file, String(ROUNDS)], dir, fault);
	};
	const { calls } = await write();
	const found = { whole: 0, torn: 0, lost: 0 };
	expect(verdictOn(file, 'acked 2\n'), 'unbroken, all of them write').toBe('whole');
	for (let at = 1; at <= calls.length; at += 1) {
		const end = await write(faultAt(at));
		expect(end.reached).toBe(true);
		found[verdictOn(file, end.stdout)] += 1;
	}
	return found;
}

const killed = (when: 'before' | 'after') => (at: number) => ({ kind: 'kill', at, when }) as const;
const failing = (at: number) => ({ kind: 'error', at, errno: 'ENOSPC', how: 'once' }) as const;

describe('a writer that', () => {
	test.each([
		['good', 'before', 0],
		['good', 'after', 0],
		['in place', 'before', 4],
		['in place', 'after', 4],
		['rename before write', 'before', 4],
		['rename before write', 'after', 4],
	] as const)('writes %s, killed %s each call: %i torn', async (kind, when, torn) => {
		expect(await sweep(kind, killed(when))).toMatchObject({ torn, lost: 0, whole: expect.any(Number) });
	});

	test('catches a writer that swallows errors as soon as a call fails, and accepts a correct one', async () => {
		expect((await sweep('errors swallowed', failing)).lost).toBeGreaterThan(0);
		expect(await sweep('good', failing)).toMatchObject({ torn: 0, lost: 0 });
	});
});

describe('what counts', () => {
	const namesOf = (end: CountedEnd) => end.calls.map((line) => line.split(' ')[2]);

	test('all threads and descendants, by relative names and by descriptors, and nothing elsewhere', async () => {
		const dir = scratch();
		mkdirSync(join(dir, 'in'));
		mkdirSync(join(dir, 'inside'));
		const script = `cd ${dir}/in; mkdir a; cd a; exec 5<..; (mkdir ../b); bash -c 'mkdir ./../c'; mkdir /proc/self/fd/5/d; mkdir ../../out ../../inside/x; cat ../../in; true`;
		const end = await run(['bash', '-c', script], join(dir, 'in'));
		expect(end.calls.map((line) => line.split(' ').slice(2).join(' '))).toEqual(
			['a', 'b', 'c', 'd'].map((name) => `mkdir ${dir}/in/${name}`),
		);
		expect(existsSync(join(dir, 'out'))).toBe(true);
	});

	test('kills all processes, also those that left the group', async () => {
		const dir = scratch();
		const script = `setsid bash -c 'sleep 300; touch ${dir}/late' & mkdir ${dir}/a; mkdir ${dir}/b`;
		const end = await run(['bash', '-c', script], dir, { kind: 'kill', at: 2, when: 'before' });
		expect(end).toMatchObject({ code: 137, reached: true });
		expect([existsSync(join(dir, 'a')), existsSync(join(dir, 'b'))]).toEqual([true, false]);
		expect(processesOf(dir)).toEqual([]);
	});

	test('an error hits one call, or all from it on', async () => {
		const dir = scratch();
		const script = `for n in 1 2 3 4; do mkdir ${dir}/$n; done; true`;
		const made = () => ['1', '2', '3', '4'].filter((name) => existsSync(join(dir, name)));
		const once = await run(['bash', '-c', script], dir, {
			kind: 'error',
			at: 2,
			errno: 'EROFS',
			how: 'once',
		});
		expect(once.stderr).toContain('Read-only file system');
		expect(namesOf(once)).toHaveLength(4);
		expect(made()).toEqual(['1', '3', '4']);
		for (const name of made()) rmSync(join(dir, name), { recursive: true });
		await run(['bash', '-c', script], dir, { kind: 'error', at: 2, errno: 'EIO', how: 'on' });
		expect(made()).toEqual(['1']);
	});

	test('names and ends processes that a program leaves running', async () => {
		const dir = scratch();
		// bash ends once its child has become sleep: before, the child has no command line of its own.
		const waits = 'sleep 299 & until [[ $(</proc/$!/comm) == sleep ]]; do :; done';
		const end = await run(['bash', '-c', waits], dir);
		expect(end).toMatchObject({ code: 0, reached: false, left: [expect.stringContaining('sleep 299')] });
	});

	test('a fault beyond the last call is not reached, and the code is the program’s own', async () => {
		const dir = scratch();
		const end = await run(['bash', '-c', `mkdir ${dir}/a; exit 3`], dir, {
			kind: 'kill',
			at: 2,
			when: 'before',
		});
		expect(end).toMatchObject({ code: 3, reached: false });
	});
});

test('without a compiler says so, and what to install', () => {
	const module = join(import.meta.dirname, 'killat.ts');
	const ended = spawnSync(
		process.execPath,
		['-e', `import(${JSON.stringify(module)}).then((m) => m.compileKillat('/nowhere'))`],
		{
			env: { PATH: '/nowhere' },
			encoding: 'utf8',
		},
	);
	expect(ended.status).not.toBe(0);
	expect(ended.stderr).toContain('apt-get install gcc libc6-dev');
});
