import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runOrFail, runTool, type ToolRun } from '../../../src/system/process/run-tool.ts';
import { scratch } from '../../scratch.ts';

const LONG = 60_000;

function shell(script: string, more: Partial<ToolRun> = {}): ToolRun {
	return { program: 'bash', args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, timeout: LONG, ...more };
}

/** A tool whose child runs for five minutes, longer than any wait here. */
const LIMIT_OF_TEST = 100_000;

describe('a tool that ends', () => {
	test('with success returns its complete output', async () => {
		expect(await runTool(shell('printf "a\\n\\n"; echo noise >&2'))).toEqual({
			kind: 'done',
			stdout: 'a\n\n',
		});
	});

	test('with an error returns its exit code and both outputs', async () => {
		expect(await runTool(shell('echo out; echo err >&2; exit 3'))).toEqual({
			kind: 'failed',
			exitCode: 3,
			stdout: 'out\n',
			stderr: 'err\n',
		});
	});

	test('by a signal has failed', async () => {
		expect(await runTool(shell('kill -9 $$'))).toMatchObject({
			kind: 'failed',
			exitCode: -1,
			stderr: expect.stringContaining('SIGKILL'),
		});
	});

	test('returns the end of a long error output', async () => {
		const end = await runTool(
			shell('head -c 100000 /dev/zero | tr "\\0" x >&2; echo last >&2; exit 1', { maxOutput: 10 }),
		);
		expect(end).toMatchObject({
			kind: 'failed',
			exitCode: 1,
			stderr: expect.stringMatching(/^x{1995}last\n$/),
		});
	});

	test(
		'does not block the caller if a child holds its output open',
		async () => {
			expect(await runTool(shell('echo out; sleep 300 & exit 0'))).toEqual({ kind: 'done', stdout: 'out\n' });
		},
		LIMIT_OF_TEST,
	);

	test(
		'does not block the caller if a daemon holds its output open',
		async () => {
			const inItsOwnSession = 'while [ "$(ps -o sid= -p $! | tr -d " ")" != $! ]; do sleep 0.02; done';
			const end = await runTool(shell(`setsid sleep 300 & ${inItsOwnSession}; echo $!`));
			expect(end.kind).toBe('done');
			process.kill(Number(end.kind === 'done' && end.stdout), 'SIGKILL');
		},
		LIMIT_OF_TEST,
	);
});

describe('the time limit', () => {
	// Run concurrently, because each takes the whole limit, which is long enough on any machine.
	test.concurrent.each([
		['waits', 'echo err >&2; exec sleep 300'],
		['has a child that holds its output', 'echo err >&2; sleep 300; true'],
		['ignores TERM', 'trap "" TERM; echo err >&2; while :; do sleep 0.1; done'],
	])(
		'ends a tool that %s',
		async (_what, script) => {
			expect(await runTool(shell(script, { timeout: 4000 }))).toEqual({ kind: 'timed-out', stderr: 'err\n' });
		},
		LIMIT_OF_TEST,
	);

	test(
		'an abort also ends it',
		async () => {
			const controller = new AbortController();
			const end = runTool(shell('exec sleep 300', { signal: controller.signal }));
			controller.abort();
			expect(await end).toMatchObject({ kind: 'failed', exitCode: -1 });
		},
		LIMIT_OF_TEST,
	);
});

describe('output', () => {
	const print = (bytes: number) => shell(`head -c ${bytes} /dev/zero`, { maxOutput: 100_000 });

	test('up to the maximum is returned', async () => {
		const end = await runTool(print(100_000));
		expect(end.kind === 'done' && end.stdout.length).toBe(100_000);
	});

	// One byte more, slightly more and much more: the tool may exit successfully before the excess is noticed.
	test.each([100_001, 100_100, 5_000_000])('of %d bytes is too much, and an error', async (bytes) => {
		expect(await runTool(print(bytes))).toMatchObject({ kind: 'failed' });
	});
});

test('passes the given input, or none', async () => {
	expect(await runTool(shell('cat', { input: 'ü\n' }))).toEqual({ kind: 'done', stdout: 'ü\n' });
	expect(await runTool(shell('cat'))).toEqual({ kind: 'done', stdout: '' });
	expect(await runTool(shell('exit 0', { input: 'x'.repeat(1_000_000) }))).toEqual({
		kind: 'done',
		stdout: '',
	});
});

test('runs in the given directory with a clean environment', async () => {
	const cwd = scratch();
	expect(await runTool(shell('pwd', { cwd }))).toEqual({ kind: 'done', stdout: `${cwd}\n` });
	const end = await runTool({
		program: 'env',
		args: [],
		env: { PATH: '/usr/bin:/bin', A: 'b' },
		timeout: LONG,
	});
	expect(end.kind === 'done' && end.stdout.trim().split('\n').sort()).toEqual(['A=b', 'PATH=/usr/bin:/bin']);
});

test('passes arguments without a shell', async () => {
	const end = await runTool({
		program: 'printf',
		args: ['%s', '$(id); `id` "'],
		env: { PATH: '/usr/bin:/bin' },
		timeout: LONG,
	});
	expect(end).toEqual({ kind: 'done', stdout: '$(id); `id` "' });
});

test('passes error output on while the tool runs', async () => {
	const pieces: string[] = [];
	const end = await runTool(shell('echo 10% >&2; echo 20% >&2', { onStderr: (piece) => pieces.push(piece) }));
	expect(end.kind).toBe('done');
	expect(pieces.join('')).toBe('10%\n20%\n');
});

describe('what cannot be started', () => {
	test('a missing tool is reported by name', async () => {
		const run = { program: 'no-such-tool', args: [], env: { PATH: '/usr/bin' }, timeout: LONG };
		await expect(runTool(run)).rejects.toMatchObject({
			record: {
				code: 'tool-missing',
				message: expect.stringContaining('no-such-tool'),
				hint: expect.stringContaining('apt-get install'),
			},
		});
	});

	test('a missing directory is not reported as a missing tool', async () => {
		const cwd = join(scratch(), 'missing');
		expect(await runTool(shell('true', { cwd }))).toMatchObject({
			kind: 'failed',
			stderr: expect.stringContaining(cwd),
		});
	});

	test('a file that is not a program has failed', async () => {
		expect(await runTool({ ...shell(''), program: '/etc/passwd' })).toMatchObject({
			kind: 'failed',
			stderr: expect.stringContaining('EACCES'),
		});
	});
});

describe('runOrFail', () => {
	test('returns the output', async () => {
		expect(await runOrFail(shell('echo ok'), 'io-error', 'look')).toBe('ok\n');
	});

	test.each([
		['echo a >&2; echo why >&2; exit 4', LONG, 'bash ended with 4: why'],
		['exec sleep 300', 300, 'bash did not end within 300 ms: '],
	])('throws the given code: %s', async (script, timeout, message) => {
		const record = {
			code: 'source-unreachable',
			message,
			hint: 'look',
			retry: 'later',
			facts: { program: 'bash' },
		};
		await expect(runOrFail(shell(script, { timeout }), 'source-unreachable', 'look')).rejects.toMatchObject({
			record,
		});
	});
});
