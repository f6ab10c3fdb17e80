import { expect, test } from 'vitest';
import { layoutOf } from '../../../src/model/base/layout.ts';

const { root, state, ...places } = layoutOf('/box', '/var/lib/signalbox');

test('every place lies in the root or in the state, and no two are one', () => {
	const paths = Object.values(places);
	expect(root).toBe('/box');
	expect(state).toBe('/var/lib/signalbox');
	expect(
		paths.filter((path) => !path.startsWith('/box/') && !path.startsWith('/var/lib/signalbox/')),
	).toEqual([]);
	expect(new Set(paths).size).toBe(paths.length);
});

test('the contract with older systems holds', () => {
	expect(places).toMatchObject({
		info: '/box/info.json',
		signals: '/box/events/signals',
		triggers: '/box/events/triggers',
		updateStatus: '/box/statuses/update-status.json',
		hooks: '/box/scripts/update',
	});
});
