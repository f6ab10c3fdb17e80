import { expect, test } from 'vitest';
import { buildEnvironment } from '../../../src/system/process/environment.ts';

const needs = { path: ['/usr/bin', '/bin'], home: '/root', user: 'root' };

test('contains what is needed and inherits nothing from the caller', () => {
	expect(process.env['PATH']).toBeDefined();
	expect(buildEnvironment(needs)).toEqual({
		PATH: '/usr/bin:/bin',
		HOME: '/root',
		USER: 'root',
		LOGNAME: 'root',
		SHELL: '/bin/sh',
		LANG: 'C.UTF-8',
	});
});

test('adds our own variables', () => {
	const built = buildEnvironment({ ...needs, further: { SIGNALBOX_CHANGE: 'x' } });
	expect(built).toMatchObject({ SIGNALBOX_CHANGE: 'x', HOME: '/root' });
});
