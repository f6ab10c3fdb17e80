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
	['a service in its own slice', '0::/boxes.slice/boxes-lamp.slice/karen.service\n', 'karen.service'],
	[
		'an instance of a template',
		'0::/system.slice/system-karen.slice/karen@lamp.service\n',
		'karen@lamp.service',
	],
	['a service with its own subgroups', '0::/system.slice/karen.service/supervisor\n', 'karen.service'],
	[
		'both versions of cgroups',
		'12:pids:/x\n1:name=systemd:/system.slice/karen.service\n0::/\n',
		'karen.service',
	],
	['a name with a colon', '0::/system.slice/a:b.service\n', 'a:b.service'],
	['a session', '0::/user.slice/user-1000.slice/session-3.scope\n', undefined],
	['a user service', '0::/user.slice/user-1000.slice/user@1000.service/app.slice/karen.service\n', undefined],
	['a container', '0::/system.slice/docker-0123.scope\n', undefined],
	['no service', '0::/\n', undefined],
	['no cgroups', '', undefined],
])('%s', (_, cgroups, unit) => {
	expect(serviceIn(cgroups)).toBe(unit);
});

test('distinguishes services of trigger runs from other services', () => {
	expect(isOfRun(serviceOfRun('update', makeRunId(systemClock)))).toBe(true);
	for (const other of ['signalbox-karen.service', 'signalbox-update.service', 'karen.service'])
		expect(isOfRun(other)).toBe(false);
});

test('finds the process that has a file open, except the caller', () => {
	const path = join(scratch(), 'lock');
	const fd = openSync(path, 'w');
	onTestFinished(() => closeSync(fd));
	expect(processHolding(path)).toBeUndefined();
	const holder = spawn('sleep', ['60'], { stdio: ['ignore', fd, 'ignore'] });
	onTestFinished(() => void holder.kill('SIGKILL'));
	expect(processHolding(path)).toBe(holder.pid);
	expect(processHolding(`${path}2`)).toBeUndefined();
});
