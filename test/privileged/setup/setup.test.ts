/** The program setup: one JSON request in, one JSON answer out, whatever it is sent. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseSetupAnswer } from '../../../src/model/config/setup.ts';
import { nodeProgram, programPath } from '../../../src/system/process/program.ts';
import { scratch } from '../../scratch.ts';

function setUp(input: string) {
	const { status, stdout, stderr } = spawnSync(nodeProgram, [programPath('setup')], {
		input,
		encoding: 'utf8',
		timeout: 60_000,
	});
	return { exit: status, answer: parseSetupAnswer(JSON.parse(stdout)), err: stderr };
}

test.each(['', '{', 'null', '{"root": "box", "state": "/s", "accounts": null}'])(
	'answers the unusable request %j with an error',
	(input) => {
		expect(setUp(input)).toMatchObject({
			exit: 2,
			answer: { made: [], result: { kind: 'failed', error: { code: 'usage' } } },
			err: '',
		});
	},
);

test('prepares a root without accounts, and keeps it the second time', () => {
	const root = scratch();
	const request = JSON.stringify({ root, state: join(root, '.signalbox'), accounts: null });
	const first = setUp(request);
	expect(first).toMatchObject({ exit: 0, answer: { made: [], result: { kind: 'prepared' } }, err: '' });
	expect(readdirSync(root).sort()).toEqual(['.signalbox', 'events', 'statuses']);
	const second = setUp(request).answer?.result;
	const kinds = second?.kind === 'prepared' ? second.entries.map(({ what }) => what) : [];
	expect(new Set(kinds)).toEqual(new Set(['kept']));
});
