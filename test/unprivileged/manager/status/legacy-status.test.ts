/** What dashboards of older systems see of the status file. */
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/model/base/json.ts';
import type { ChangeStatus } from '../../../../src/model/change/change.ts';
import { parseStatus, type ReadStatus } from '../../../../src/model/status/status.ts';
import { legacyStatus } from '../../../../src/unprivileged/manager/status/legacy-status.ts';
import { changeNow } from '../box-for-tests.ts';

function statusOf(raw: JsonObject): ReadStatus {
	const result = parseStatus(Buffer.from(JSON.stringify(raw)));
	if (result.kind !== 'status') throw new Error(result.why);
	return result.status;
}

const own = changeNow({ progress: 60, description: 'Installing' });

test.each<[string, JsonObject, ChangeStatus | undefined, JsonObject]>([
	[
		'at rest',
		{ state: 'success', progress: 100, description: '' },
		undefined,
		{ state: 'success', progress: 100, description: '' },
	],
	[
		'unknown keys stay',
		{ state: 'failed', progress: 100, id: 7, x: [1] },
		undefined,
		{ state: 'failed', progress: 100, id: 7, x: [1] },
	],
	[
		'progress 0 while installing',
		{ state: 'installing', progress: 0 },
		undefined,
		{ state: 'installing', progress: 1 },
	],
	[
		'progress missing while installing',
		{ state: 'installing' },
		undefined,
		{ state: 'installing', progress: 1 },
	],
	['progress missing at the end', { state: 'success' }, undefined, { state: 'success', progress: 100 }],
	[
		'progress of another type',
		{ state: 'failed', progress: '40' },
		undefined,
		{ state: 'failed', progress: 100 },
	],
	['an empty object', {}, undefined, { progress: 100 }],
	[
		'an early success of Umbrel 0.5.4',
		{ state: 'success', progress: 90, description: 'Done', updateTo: '' },
		own,
		{ state: 'installing', progress: 90, description: 'Done', updateTo: '' },
	],
	[
		'an early success of Citadel',
		{ state: 'success', progress: 100, description: '' },
		own,
		installing(60, 'Installing'),
	],
	[
		'an early failure',
		{ state: 'failed', progress: 100, description: 'Out of memory' },
		own,
		installing(60, 'Out of memory'),
	],
	[
		'the file still rests',
		{ state: 'success', progress: 100, description: '' },
		changeNow({ progress: 1 }),
		installing(1, 'Installing'),
	],
	[
		'a hook at work',
		{ state: 'installing', progress: 33, description: 'Pulling' },
		own,
		installing(33, 'Pulling'),
	],
	[
		'a hook at 99.5',
		{ state: 'installing', progress: 99.5, description: 'Pulling' },
		own,
		installing(99, 'Pulling'),
	],
	['nothing in the file', {}, own, installing(60, 'Installing')],
])('%s', (_, raw, change, shown) => {
	expect(legacyStatus(statusOf(raw), change)).toEqual(shown);
});

function installing(progress: number, description: string): JsonObject {
	return { state: 'installing', progress, description };
}
