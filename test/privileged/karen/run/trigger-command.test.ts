import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SignalName } from '../../../../src/model/signal/signal.ts';
import {
	fileCommand,
	unitCommand,
	updaterCommand,
} from '../../../../src/privileged/karen/run/trigger-command.ts';

const policy = {
	run: 'file',
	timeout: 1000,
	group: undefined,
	argument: 'rest',
	output: 1,
	record: 'beside',
} as const;

test('passes the rest of the name to a file as one argument, or no argument', () => {
	const app = 'app' as SignalName;
	expect(fileCommand('/triggers', { trigger: app, argument: 'install-x', policy })).toEqual({
		program: '/triggers/app',
		args: ['install-x'],
	});
	expect(fileCommand('/triggers', { trigger: app, argument: undefined, policy })).toEqual({
		program: '/triggers/app',
		args: [],
	});
});

test('runs the updater with our own Node', () => {
	const { program, args } = updaterCommand('update', '/box', '/etc/c.toml');
	expect(program).toBe(process.execPath);
	expect(args.slice(1)).toEqual(['update', '--root', '/box', '--config', '/etc/c.toml']);
	expect(args[0]).toMatch(/\/src\/privileged\/updater\/main\.ts$/);
	expect(existsSync(args[0] ?? '')).toBe(true);
	// Hooks kill karen by this pattern, which must not match the updater.
	expect([program, ...args].join(' ')).not.toMatch(/\.\/karen/);
});

test('runs in its own unit under systemd', () => {
	const unit = {
		unit: 'signalbox-update-r1',
		cwd: '/my box',
		env: { PATH: '/bin', HOME: '/root' },
		timeout: 90_500,
	};
	expect(unitCommand({ program: '/node', args: ['main.ts', 'update', '--root', '/my $box'] }, unit)).toEqual({
		program: '/usr/bin/systemd-run',
		args: [
			'--quiet',
			'--collect',
			'--wait',
			'--pipe',
			'--service-type=exec',
			'--unit=signalbox-update-r1',
			'-p',
			'KillMode=process',
			'-p',
			'RuntimeMaxSec=91',
			'-p',
			'WorkingDirectory=/my box',
			'--setenv=PATH=/bin',
			'--setenv=HOME=/root',
			'--',
			'/node',
			'main.ts',
			'update',
			'--root',
			'/my $$box',
		],
	});
});
