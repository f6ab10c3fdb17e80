import { expect, test } from 'vitest';
import { buildEnvironment } from '../../../src/system/process/environment.ts';

const needs = { path: ['/usr/bin', '/bin'], home: '/root', user: 'root' };

test('it holds what is needed, and nothing of the caller’s', () => {
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

test('our own variables come on top', () => {
	const built = buildEnvironment({ ...needs, further: { SIGNALBOX_CHANGE: 'x' } });
	expect(built).toMatchObject({ SIGNALBOX_CHANGE: 'x', HOME: '/root' });
});
