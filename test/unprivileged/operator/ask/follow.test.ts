/** Sending signals and following changes with a scripted karen: silent, refusing, restarted; and Ctrl-C. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problem } from '../../../../src/model/base/error.ts';
import type { Layout } from '../../../../src/model/base/layout.ts';
import type { ChangeStatus } from '../../../../src/model/change/change.ts';
import { signalbox, type TestWorld, testWorld } from '../../../terminal/test-world.ts';
import { until } from '../../../until.ts';
import { changeNow, makeBox, publish, removeBox } from '../../manager/box-for-tests.ts';
import { StandInKaren, type Trigger } from '../../manager/stand-in-karen.ts';

let box: Layout;
let karen: StandInKaren | undefined;
beforeEach(() => {
	box = makeBox();
});
afterEach(() => {
	karen?.stop();
	karen = undefined;
	removeBox(box);
});

function employ(triggers: Readonly<Record<string, Trigger>>): StandInKaren {
	karen = new StandInKaren(box, triggers);
	return karen;
}

const run = (words: readonly string[], world?: TestWorld) => signalbox(['--root', box.root, ...words], world);
const update = (...words: readonly string[]) => run(['update', '--to', 'v0.4.18', ...words]);

/** A change that has just ended in this state. */
function publishEnd(state: ChangeStatus['state'], further: Partial<ChangeStatus> = {}): void {
	const at = new Date().toISOString();
	publish(
		box.changeStatus,
		changeNow({
			change: '20261121-100000-ffff',
			state,
			progress: 100,
			startedAt: at,
			at,
			endedAt: at,
			...further,
		}),
	);
}

const hookFailed = problem('hook-failed', 'hook 02-run.sh failed', 'look at the logs', {
	facts: { output: 'one\ntwo\n' },
}).record;

describe('the signal that is sent', () => {
	test('update names the requested release in the payload', async () => {
		const { rings } = employ({ update: () => ({ state: 'done', exitCode: 0 }) });
		expect(await update()).toMatchObject({ exit: 0 });
		expect(rings).toMatchObject([{ name: 'update', payload: '{"updateTo":"v0.4.18"}' }]);
	});

	test('signal passes its payload on', async () => {
		const { rings } = employ({ hello: () => ({ state: 'done', exitCode: 0, output: 'hi\n' }) });
		const ran = await run(['signal', 'hello', 'Ada', '--wait', '--json']);
		expect(ran.json()).toMatchObject({ report: { name: 'hello', state: 'done', output: 'hi\n' } });
		expect(rings).toMatchObject([{ name: 'hello', payload: 'Ada' }]);
	});

	test('signal without --wait returns when karen has seen it', async () => {
		employ({ hello: () => new Promise(() => undefined) });
		expect((await run(['signal', 'hello', '--json'])).json()).toMatchObject({ report: { state: 'running' } });
	});
});

describe('without an answer', () => {
	test.each([[['update', '--to', 'v0.4.18']], [['rollback', '--yes']], [['signal', 'hello', '--wait']]])(
		'%j ends with 5 after five seconds',
		async (words) => {
			const ran = await run([...words, '--json']);
			expect(ran.exit).toBe(5);
			expect(ran.json()).toMatchObject({
				error: { code: 'karen-silent', hint: expect.stringContaining('start karen') },
			});
		},
	);
});

describe('the end of a change', () => {
	test('a rollback prints the error, the end of the hook’s output and what to do', async () => {
		employ({
			update: () => {
				publishEnd('rolled-back', { error: hookFailed, next: 'try another release' });
				return { state: 'failed', exitCode: 4 };
			},
		});
		const ran = await update();
		expect(ran.exit).toBe(4);
		expect(ran.err).toContain(
			'signalbox: hook 02-run.sh failed [hook-failed]\n  | one\n  | two\n  hint: look at the logs\n  next: try another release\n',
		);
	});

	test('--json prints one object with error, change, all ended changes and report', async () => {
		employ({
			update: () => {
				publishEnd('rolled-back', { error: hookFailed });
				return { state: 'failed', exitCode: 4 };
			},
		});
		const ran = await update('--json');
		expect(ran.exit).toBe(4);
		expect(ran.json()).toMatchObject({
			error: { code: 'hook-failed' },
			change: { state: 'rolled-back' },
			changes: [],
			report: { exitCode: 4 },
		});
	});

	test('prints the list of paths in a refusal', async () => {
		const error = problem('would-delete', 'cannot install it', 'move them', {
			facts: { paths: ['lnd/', 'bitcoin/'] },
		}).record;
		employ({
			update: () => {
				publishEnd('failed', { change: '', error });
				return { state: 'failed', exitCode: 3 };
			},
		});
		const ran = await update();
		expect(ran.exit).toBe(3);
		expect(ran.err).toContain('[would-delete]\n  lnd/\n  bitcoin/\n  hint: move them\n');
	});

	test('does not report an older failed change', async () => {
		publishEnd('rolled-back', { error: hookFailed });
		employ({
			update: () => ({
				state: 'failed',
				exitCode: 6,
				error: problem('trigger-failed', 'it ended with 6', 'look').record,
			}),
		});
		const ran = await update('--json');
		expect(ran.exit).toBe(6);
		expect(ran.json()).toMatchObject({ error: { code: 'trigger-failed' }, change: null });
	});

	test('passes on that karen is busy', async () => {
		employ({
			update: () => ({
				state: 'refused',
				error: problem('signal-owner-refused', 'not yours', 'ask root').record,
			}),
		});
		expect((await update('--json')).json()).toMatchObject({ error: { code: 'signal-owner-refused' } });
	});
});

describe('when karen is restarted meanwhile', () => {
	test('follows the change itself to its end', async () => {
		employ({
			update: () => {
				publish(
					box.changeStatus,
					changeNow({ change: '20261121-100000-ffff', startedAt: new Date().toISOString() }),
				);
				setTimeout(() => publishEnd('committed', { to: '0.4.18', goal: 'v0.4.18' }), 700);
				return { state: 'lost' };
			},
		});
		const started = performance.now();
		expect(await update()).toMatchObject({ exit: 0 });
		expect(performance.now() - started).toBeGreaterThan(600);
	});

	test('reports a run as lost if no change began', async () => {
		employ({ update: () => ({ state: 'lost' }) });
		const ran = await update('--json');
		expect(ran.exit).toBe(1);
		expect(ran.json()).toMatchObject({ error: { code: 'trigger-lost' }, change: null });
	});
});

describe('Ctrl-C', () => {
	test('lets the update continue and says so', async () => {
		const world = testWorld();
		employ({
			update: () => {
				publish(
					box.changeStatus,
					changeNow({ change: '20261121-100000-ffff', startedAt: new Date().toISOString() }),
				);
				setTimeout(() => world.interrupt(), 400);
				return new Promise(() => undefined);
			},
		});
		const ran = await run(['update', '--to', 'v0.4.18'], world);
		expect(ran.exit).toBe(130);
		expect(ran.err).toMatch(
			/The change continues in the background; signalbox status shows its progress\.\n$/,
		);
	});
});

describe('progress', () => {
	test('is printed as lines without a terminal, and as a bar that is cleared on a terminal', async () => {
		const worlds = [testWorld(), testWorld({ terminal: 'yes' })];
		const end: Trigger = async () => {
			publish(
				box.changeStatus,
				changeNow({
					change: '20261121-100000-ffff',
					startedAt: 'now',
					progress: 40,
					description: 'Copying',
					goal: 'v0.5.0',
				}),
			);
			await until('the progress is shown', () => worlds[rings.length - 1]?.said.err.includes(' 40 %'));
			publishEnd('committed', { to: '0.4.18', goal: 'v0.4.18' });
			return { state: 'done', exitCode: 0 };
		};
		const { rings } = employ({ update: end });
		const lines = await run(['update', '--to', 'v0.4.18'], worlds[0]);
		expect(lines.err).toContain(' 40 %  0.4.18 (step to 0.5.0): Copying\n');
		const drawn = await run(['update', '--to', 'v0.4.18'], worlds[1]);
		expect(drawn.err).toContain('[#########---------------]  40 %  0.4.18');
		expect(drawn.err.lastIndexOf('\r\u001B[2K')).toBeGreaterThan(drawn.err.lastIndexOf('['.padEnd(2, '#')));
	});
});

describe('rollback asks for confirmation', () => {
	test.each([
		['y', 0],
		['Yes', 0],
		['', 2],
		['n', 2],
		['yesterday', 2],
	])('handles the answer %j', async (answer, exit) => {
		const { rings } = employ({ rollback: () => ({ state: 'done', exitCode: 0 }) });
		expect(await run(['rollback', '--data', 'keep'], testWorld({ answers: [answer] }))).toMatchObject({
			exit,
		});
		expect(rings).toHaveLength(exit === 0 ? 1 : 0);
	});

	test.each([
		['keep', 0],
		[' Restore ', 0],
		['', 2],
		['y', 2],
	])('asks about the data and handles the answer %j', async (answer, exit) => {
		const { rings } = employ({ rollback: () => ({ state: 'done', exitCode: 0 }) });
		expect(await run(['rollback'], testWorld({ answers: [answer] }))).toMatchObject({ exit });
		expect(rings).toHaveLength(exit === 0 ? 1 : 0);
	});

	test('requires --yes without a terminal', async () => {
		const ran = await run(['rollback', '--json']);
		expect(ran.exit).toBe(2);
		expect(ran.json()).toMatchObject({ error: { code: 'usage', hint: 'use --yes' } });
	});
});

test('refuses a payload that is too large before sending it', async () => {
	const { rings } = employ({});
	const ran = await run(['signal', 'hello', 'x'.repeat(65 * 1024), '--json']);
	expect(ran.exit).toBe(3);
	expect(ran.json()).toMatchObject({ error: { code: 'payload-too-large' } });
	expect(rings).toEqual([]);
});

test('ignores a stale karen.json', async () => {
	writeFileSync(
		join(box.statuses, 'karen.json'),
		JSON.stringify({ schema: 1, pid: process.pid, startedAt: '', version: '' }),
	);
	expect((await run(['status', '--json'])).json()).toMatchObject({ karen: null });
});
