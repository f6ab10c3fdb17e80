import { expect, test } from 'vitest';
import { layoutOf } from '../../../src/model/base/layout.ts';

const { root, state, ...paths } = layoutOf('/box', '/var/lib/signalbox');

test('places every path in the root or in the state directory, without duplicates', () => {
	const all = Object.values(paths);
	expect(root).toBe('/box');
	expect(state).toBe('/var/lib/signalbox');
	expect(all.filter((path) => !path.startsWith('/box/') && !path.startsWith('/var/lib/signalbox/'))).toEqual(
		[],
	);
	expect(new Set(all).size).toBe(all.length);
});

test('keeps the paths of older systems', () => {
	expect(paths).toMatchObject({
		info: '/box/info.json',
		signals: '/box/events/signals',
		triggers: '/box/events/triggers',
		updateStatus: '/box/statuses/update-status.json',
		hooks: '/box/scripts/update',
	});
});
