/** What each subcommand parses from its arguments, and which arguments are refused with which hint. */
import { describe, expect, test } from 'vitest';
import { DEMO, demo } from '../../../src/demo/command.ts';
import { Problem } from '../../../src/model/base/error.ts';
import type { CommandProgram } from '../../../src/terminal/command-line.ts';
import { readCommandLine } from '../../../src/terminal/command-line.ts';
import { bind } from '../../../src/terminal/subcommand.ts';
import { check } from '../../../src/unprivileged/operator/commands/check.ts';
import { history } from '../../../src/unprivileged/operator/commands/history.ts';
import { init } from '../../../src/unprivileged/operator/commands/init.ts';
import { karen } from '../../../src/unprivileged/operator/commands/karen.ts';
import { logs } from '../../../src/unprivileged/operator/commands/logs.ts';
import { manager } from '../../../src/unprivileged/operator/commands/manager.ts';
import { resolve } from '../../../src/unprivileged/operator/commands/resolve.ts';
import { retry } from '../../../src/unprivileged/operator/commands/retry.ts';
import { rollback } from '../../../src/unprivileged/operator/commands/rollback.ts';
import { signal } from '../../../src/unprivileged/operator/commands/signal.ts';
import { status } from '../../../src/unprivileged/operator/commands/status.ts';
import { update } from '../../../src/unprivileged/operator/commands/update.ts';
import type { BoundSubcommand, Common, Subcommand } from '../../../src/unprivileged/operator/subcommand.ts';
import { SIGNALBOX } from '../../../src/unprivileged/operator/subcommands.ts';
import { signalbox, testWorld } from '../../terminal/test-world.ts';

let parsed: unknown;

/** The subcommand, with a `run` that only prints the parsed options. */
function showing<Options>(subcommand: Subcommand<Options>): BoundSubcommand {
	return bind({
		...subcommand,
		async run(options) {
			parsed = options;
			return 0;
		},
	});
}

const SHOWING: CommandProgram<Common> = {
	...SIGNALBOX,
	subcommands: [
		showing(init),
		showing(karen),
		showing(manager),
		showing(check),
		showing(update),
		showing(retry),
		showing(rollback),
		showing(resolve),
		showing(status),
		showing(history),
		showing(logs),
		showing(signal),
		showing(demo),
	],
};

async function parse(line: string): Promise<unknown> {
	parsed = undefined;
	const asked = readCommandLine(line === '' ? [] : line.split(' '), SHOWING, '1.2.3');
	if (asked.kind === 'run') await asked.run(testWorld());
	return parsed;
}

function refusal(line: string): Problem {
	try {
		readCommandLine(line.split(' '), SHOWING, '1.2.3');
	} catch (thrown) {
		if (thrown instanceof Problem) return thrown;
		throw thrown;
	}
	throw new Error(`nothing was refused in: ${line}`);
}

const NONE = { root: undefined, config: undefined, output: 'text' };
const NO_CHOICE = {
	product: undefined,
	source: undefined,
	channel: undefined,
	trust: undefined,
	group: undefined,
	fetcher: undefined,
	kind: undefined,
	trustRoot: undefined,
	trustKeys: [],
	threshold: undefined,
	state: undefined,
};

describe('a command line', () => {
	test.each<[string, object]>([
		['status', NONE],
		['--root /box status', { ...NONE, root: '/box' }],
		['status --root /box', { ...NONE, root: '/box' }],
		['status --config /c.toml --json', { root: undefined, config: '/c.toml', output: 'json' }],
		['--json status', { ...NONE, output: 'json' }],
		['karen --root=/box', { ...NONE, root: '/box' }],
		['manager', { ...NONE, passedOn: [] }],
		[
			'manager --listen unix:/run/s --unprotected',
			{ ...NONE, passedOn: ['--listen', 'unix:/run/s', '--unprotected'] },
		],
		['manager --legacy-name umbrel', { ...NONE, passedOn: ['--legacy-name', 'umbrel'] }],
		['update', { ...NONE, to: undefined }],
		['update --to v1.2.3', { ...NONE, to: 'v1.2.3' }],
		['update --to 0.5.4', { ...NONE, to: '0.5.4' }],
		['retry', { ...NONE, to: undefined }],
		['retry v1.2.3', { ...NONE, to: 'v1.2.3' }],
		['rollback', { ...NONE, consent: 'asked for', data: undefined }],
		['rollback --yes', { ...NONE, consent: 'given', data: undefined }],
		['rollback --data keep', { ...NONE, consent: 'asked for', data: 'keep' }],
		['resolve --keep', { ...NONE, choice: 'keep' }],
		['resolve --rollback', { ...NONE, choice: 'rollback' }],
		['logs', { ...NONE, change: undefined, hook: undefined }],
		[
			'logs 20261121-093000-1a2b --hook 01-run.sh',
			{ ...NONE, change: '20261121-093000-1a2b', hook: '01-run.sh' },
		],
		['signal reboot', { ...NONE, name: 'reboot', payload: '', until: 'heard' }],
		['signal app-x {"a":1} --wait', { ...NONE, name: 'app-x', payload: '{"a":1}', until: 'ended' }],
		['signal app -- --wait', { ...NONE, name: 'app', payload: '--wait', until: 'heard' }],
		['init', { ...NONE, ...NO_CHOICE, dir: undefined }],
		['init /box --trust unsigned', { ...NONE, ...NO_CHOICE, dir: '/box', trust: 'unsigned' }],
		[
			'init --product p --source u --channel c --kind directory --trust tuf --trust-root r --trust-key a b --threshold 2 --group g --fetcher f --state /s',
			{
				...NONE,
				...{ dir: undefined, product: 'p', source: 'u', channel: 'c', kind: 'directory' },
				...{
					trust: 'tuf',
					trustRoot: 'r',
					trustKeys: ['a', 'b'],
					threshold: 2,
					group: 'g',
					fetcher: 'f',
					state: '/s',
				},
			},
		],
		['demo', { ...NONE, afterwards: 'clean up', kind: 'directory', port: 0 }],
		['demo --keep --port 3006', { ...NONE, afterwards: 'keep', kind: 'directory', port: 3006 }],
		['demo --kind git', { ...NONE, afterwards: 'clean up', kind: 'git', port: 0 }],
	])('%s', async (line, options) => {
		expect(await parse(line)).toEqual(options);
	});
});

describe('a refused command line', () => {
	test.each([
		['stat', /unknown command 'stat'/, /did you mean status\?/],
		['nothing-like-it', /unknown command/, /signalbox --help/],
		['status --jsn', /unknown option '--jsn'/, /did you mean --json\? signalbox status --help/],
		['history one two', /too many arguments/, /signalbox history --help/],
		['update --to', /argument missing/, /signalbox update --help/],
		['resolve', /one choice/, /--rollback or --keep/],
		['resolve --keep --rollback', /one choice/, /--keep/],
		['signal', /missing required argument 'name'/, /signalbox signal --help/],
		['update --to main', /"main" as --to/, /tag of a release/],
		['update --to=--upload-pack=x', /as --to/, /tag/],
		['update --to v1.2.3/../x', /as --to/, /tag/],
		['signal ../x', /not the name of a signal/, /letters/],
		['signal .hidden', /not the name of a signal/, /letters/],
		['logs yesterday', /"yesterday" as a change/, /signalbox history/],
		['logs ../../etc', /as a change/, /signalbox history/],
		['init --trust maybe', /"maybe" as --trust/, /tuf, minisign, ssh or unsigned/],
		['demo --port many', /as --port/, /1 to 65535/],
		['demo --port 65536', /as --port/, /65535/],
		['--root= status', /empty --root/, /directory/],
	])('%s', (line, message, hint) => {
		const { record } = refusal(line);
		expect(record.code).toBe('usage');
		expect(record.message).toMatch(message);
		expect(record.hint).toMatch(hint);
	});

	test('exits with 2 and prints to stderr for an unknown command', async () => {
		const ran = await signalbox(['stat']);
		expect(ran).toMatchObject({ exit: 2, out: '' });
		expect(ran.err).toMatch(/^signalbox: cannot understand .*\[usage\]\n {2}hint: did you mean status\?/);
	});

	test('prints one JSON object on stdout with --json', async () => {
		const ran = await signalbox(['stat', '--json']);
		expect(ran).toMatchObject({ exit: 2, err: '' });
		expect(ran.json()).toMatchObject({ error: { code: 'usage', retry: 'never' } });
	});
});

describe('help', () => {
	test.each(SIGNALBOX.subcommands.map(({ name }) => name))(
		'of %s has two worked examples and the common options',
		async (name) => {
			const ran = await signalbox([name, '--help']);
			expect(ran).toMatchObject({ exit: 0, err: '' });
			expect(ran.out).toMatch(new RegExp(`^Usage: signalbox ${name} `));
			expect(ran.out.match(/^ {2}\$ (sudo )?signalbox .+$/gm)?.length).toBeGreaterThanOrEqual(2);
			for (const option of ['--root', '--config', '--json']) expect(ran.out).toContain(option);
		},
	);

	test('has examples that parse', () => {
		const own = SIGNALBOX.subcommands.filter(({ name }) => !['release', 'demo'].includes(name));
		const lines = [...own, ...DEMO.subcommands].flatMap(({ examples }) => examples.map(({ line }) => line));
		for (const line of lines) {
			const words = [...(line.replace(/^sudo /, '').split(' | ')[0] ?? '').matchAll(/'([^']*)'|(\S+)/g)].map(
				(match) => match[1] ?? match[2] ?? '',
			);
			expect(readCommandLine(words.slice(1), SHOWING, '1'), line).toMatchObject({ kind: 'run' });
		}
	});

	test('lists every command and the exit codes', async () => {
		const ran = await signalbox(['--help']);
		expect(ran.exit).toBe(0);
		for (const { name } of SIGNALBOX.subcommands) expect(ran.out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
		expect(ran.out).toMatch(/Exit codes: 0 done/);
	});

	test('is printed with exit code 2 without a command', async () => {
		const ran = await signalbox([]);
		expect(ran).toMatchObject({ exit: 2, out: '' });
		expect(ran.err).toMatch(/^Usage: signalbox/);
	});

	test('--version prints the version', async () => {
		expect(await signalbox(['--version'])).toMatchObject({
			exit: 0,
			out: expect.stringMatching(/^\d+\.\d+\.\d+\n?$/),
		});
	});
});
