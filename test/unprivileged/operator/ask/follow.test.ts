/** Ringing and following, with a karen that answers as told: silent, refusing, restarted in between, left by Ctrl-C. */
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

/** A change that has ended this way just now. */
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

describe('what is rung', () => {
	test('update names its goal in the payload', async () => {
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

	test('signal without --wait returns when it was heard', async () => {
		employ({ hello: () => new Promise(() => undefined) });
		expect((await run(['signal', 'hello', '--json'])).json()).toMatchObject({ report: { state: 'running' } });
	});
});

describe('nobody answers', () => {
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

describe('how it ends', () => {
	test('rolled back: exit code, error, the end of what the hook said, and what to do', async () => {
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

	test('--json: one object with the error, the change, the changes on the way and the report', async () => {
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

	test('a refusal of root’s: its list is shown', async () => {
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

	test('an older change that failed is not taken for this one', async () => {
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

	test('busy with what karen refuses', async () => {
		employ({
			update: () => ({
				state: 'refused',
				error: problem('signal-owner-refused', 'not yours', 'ask root').record,
			}),
		});
		expect((await update('--json')).json()).toMatchObject({ error: { code: 'signal-owner-refused' } });
	});
});

describe('karen is restarted meanwhile', () => {
	test('the change goes on, and its own word counts when it ends', async () => {
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

	test('lost before any change began: nothing is claimed', async () => {
		employ({ update: () => ({ state: 'lost' }) });
		const ran = await update('--json');
		expect(ran.exit).toBe(1);
		expect(ran.json()).toMatchObject({ error: { code: 'trigger-lost' }, change: null });
	});
});

describe('Ctrl-C', () => {
	test('leaves the update running and says so', async () => {
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
		expect(ran.err).toMatch(/the change goes on without you: signalbox status shows where it is\n$/);
	});
});

describe('progress', () => {
	test('is told in lines where nobody looks, and the bar is gone at the end where somebody does', async () => {
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
		expect(lines.err).toContain(' 40 %  0.4.18 on the way to 0.5.0: Copying\n');
		const drawn = await run(['update', '--to', 'v0.4.18'], worlds[1]);
		expect(drawn.err).toContain('[#########---------------]  40 %  0.4.18');
		expect(drawn.err.lastIndexOf('\r\u001B[2K')).toBeGreaterThan(drawn.err.lastIndexOf('['.padEnd(2, '#')));
	});
});

describe('rollback asks first', () => {
	test.each([
		['y', 0],
		['Yes', 0],
		['', 2],
		['n', 2],
		['yesterday', 2],
	])('the answer %j', async (answer, exit) => {
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
	])('what of the data, and the answer %j', async (answer, exit) => {
		const { rings } = employ({ rollback: () => ({ state: 'done', exitCode: 0 }) });
		expect(await run(['rollback'], testWorld({ answers: [answer] }))).toMatchObject({ exit });
		expect(rings).toHaveLength(exit === 0 ? 1 : 0);
	});

	test('without a terminal --yes is needed', async () => {
		const ran = await run(['rollback', '--json']);
		expect(ran.exit).toBe(2);
		expect(ran.json()).toMatchObject({ error: { code: 'usage', hint: 'say --yes' } });
	});
});

test('a payload that is too large is refused before it is sent', async () => {
	const { rings } = employ({});
	const ran = await run(['signal', 'hello', 'x'.repeat(65 * 1024), '--json']);
	expect(ran.exit).toBe(3);
	expect(ran.json()).toMatchObject({ error: { code: 'payload-too-large' } });
	expect(rings).toEqual([]);
});

test('a stale karen.json does not count as a running karen', async () => {
	writeFileSync(
		join(box.statuses, 'karen.json'),
		JSON.stringify({ schema: 1, pid: process.pid, startedAt: '', version: '' }),
	);
	expect((await run(['status', '--json'])).json()).toMatchObject({ karen: null });
});
