import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeRunId } from '../../../src/privileged/karen/run/launch-trigger.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { isOfRun, processHolding, serviceIn, serviceOfRun } from '../../../src/system/process/systemd.ts';
import { scratch } from '../../scratch.ts';

test.each([
	['a service', '0::/system.slice/karen.service\n', 'karen.service'],
	['one of a slice of its own', '0::/boxes.slice/boxes-lamp.slice/karen.service\n', 'karen.service'],
	[
		'one of several of a kind',
		'0::/system.slice/system-karen.slice/karen@lamp.service\n',
		'karen@lamp.service',
	],
	['one with groups of its own below', '0::/system.slice/karen.service/supervisor\n', 'karen.service'],
	[
		'both kinds of cgroups',
		'12:pids:/x\n1:name=systemd:/system.slice/karen.service\n0::/\n',
		'karen.service',
	],
	['a name with a colon', '0::/system.slice/a:b.service\n', 'a:b.service'],
	['a session', '0::/user.slice/user-1000.slice/session-3.scope\n', undefined],
	[
		'a service of a user’s own',
		'0::/user.slice/user-1000.slice/user@1000.service/app.slice/karen.service\n',
		undefined,
	],
	['a container', '0::/system.slice/docker-0123.scope\n', undefined],
	['none', '0::/\n', undefined],
	['no cgroups', '', undefined],
])('%s', (_, cgroups, unit) => {
	expect(serviceIn(cgroups)).toBe(unit);
});

test('what a run has left behind is told from services that others made', () => {
	expect(isOfRun(serviceOfRun('update', makeRunId(systemClock)))).toBe(true);
	for (const other of ['signalbox-karen.service', 'signalbox-update.service', 'karen.service'])
		expect(isOfRun(other)).toBe(false);
});

test('whoever has a file open is found, and whoever asks does not count', () => {
	const path = join(scratch(), 'lock');
	const fd = openSync(path, 'w');
	onTestFinished(() => closeSync(fd));
	expect(processHolding(path)).toBeUndefined();
	const holder = spawn('sleep', ['60'], { stdio: ['ignore', fd, 'ignore'] });
	onTestFinished(() => void holder.kill('SIGKILL'));
	expect(processHolding(path)).toBe(holder.pid);
	expect(processHolding(`${path}2`)).toBeUndefined();
});
