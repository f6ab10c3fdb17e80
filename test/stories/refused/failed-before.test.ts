/** A release that failed on a box is not installed again automatically. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAILURES_FILE } from '../../../src/model/change/failure.ts';

import { type Box, boxForTest } from '../../box/box.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
/** Its 02 hook succeeds as soon as the operator has fixed the box. */
const BAD: CitadelRelease = {
	version: '1.1.0',
	requires: '>=1.0.0',
	does: { '02': '[[ -e "$ROOT"/db/mended ]]' },
};

const RETRY = JSON.stringify({ updateTo: 'v1.1.0', retry: true });

function failedReleases(box: Box) {
	return FAILURES_FILE.parse(readFileSync(box.layout.failures));
}

function available(box: Box) {
	return JSON.parse(readFileSync(box.layout.available, 'utf8'));
}

test('shows a failed release with its reason, refuses requests for it, and installs a newer one at once', async () => {
	const box = boxForTest(OLD);
	const old = box.fingerprint();
	box.publish(BAD);
	expect((await box.updater('check')).code).toBe(0);
	expect((await box.updater('update')).code).toBe(4);
	const { change, next } = box.change();
	expect(next).toMatch(
		/v1\.1\.0 is not tried again automatically before \S+; `signalbox retry` tries it at once/,
	);
	const reason = {
		code: 'failed-before',
		retry: 'later',
		facts: { failed: 'v1.1.0', target: 'v1.1.0', cause: 'hook-failed', times: 1, change },
	};
	expect(available(box), 'the earlier plan is no longer offered').toMatchObject({
		newest: '1.1.0',
		path: [],
		reason,
	});
	expect((await box.updater('check', '')).code).toBe(3);
	expect(available(box)).toMatchObject({ installed: '1.0.0', newest: '1.1.0', path: [], reason });
	const facts = available(box).reason.facts;
	expect(Date.parse(facts.again) - Date.parse(facts.failedAt)).toBe(8 * 3_600_000);
	for (const payload of ['', 'true', '{"updateTo": "v1.1.0"}']) {
		expect((await box.updater('update', payload)).code).toBe(3);
		expect(box.change()).toMatchObject({
			state: 'failed',
			error: { code: 'failed-before' },
			next: expect.stringContaining('signalbox retry'),
		});
	}
	expect(box.history(), 'no change was begun').toHaveLength(1);
	expect(box.fingerprint()).toEqual(old);
	box.publish({ version: '1.2.0', requires: '>=1.0.0' });
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.2.0');
});

test('holds back a release that requires the failed one', async () => {
	const box = boxForTest(OLD);
	box.publish(BAD);
	await box.updater('update');
	box.publish({ version: '1.2.0', requires: '>=1.1.0' });
	expect((await box.updater('update')).code).toBe(3);
	expect(box.change().error).toMatchObject({
		code: 'failed-before',
		facts: { failed: 'v1.1.0', target: 'v1.2.0' },
	});
	writeFileSync(join(box.root, 'db/mended'), '');
	expect((await box.updater('update', '{"updateTo": "v1.2.0", "retry": true}')).code).toBe(0);
	expect(box.version()).toBe('1.2.0');
	expect(failedReleases(box)).toEqual([]);
});

test('doubles the wait when a retry fails, and refuses endless retries', async () => {
	const box = boxForTest(OLD);
	box.publish(BAD);
	await box.updater('update');
	expect((await box.updater('update', RETRY)).code).toBe(4);
	expect(failedReleases(box)).toMatchObject([{ times: 2, retried: 1 }]);
	writeFileSync(
		box.layout.failures,
		readFileSync(box.layout.failures, 'utf8').replace('"retried":1', '"retried":5'),
	);
	expect((await box.updater('update', RETRY)).code).toBe(3);
	expect(box.change().error).toMatchObject({
		code: 'failed-before',
		hint: expect.stringContaining('failures.json'),
	});
});

test('counts a second interruption against the release, but not the first', async () => {
	const box = boxForTest(OLD);
	box.publish({ ...BAD, does: {} });
	for (const code of [0, 3]) {
		await box.killUpdater({ after: '"event":"done","step":"switch"' });
		expect((await box.updater('resume')).code).toBe(4);
		expect((await box.updater('check')).code).toBe(code);
	}
	expect(failedReleases(box)).toMatchObject([{ times: 2, blame: 'chance', cause: { code: 'interrupted' } }]);
});

test.each([
	['torn', '{"schema": 1, "fail'],
	['of another kind', '[]'],
])('updates when the record of failed releases is %s', async (_, text) => {
	const box = boxForTest(OLD);
	box.publish(BAD);
	await box.updater('update');
	writeFileSync(box.layout.failures, text);
	expect((await box.updater('update')).code).toBe(4);
	expect(failedReleases(box)).toMatchObject([{ times: 1 }]);
});

test('checks again each time when a release was refused because of the box', async () => {
	const box = boxForTest({ ...OLD, files: { 'lib/x': '' } });
	box.publish({ ...BAD, does: {}, files: { 'scripts/update/.requires': 'none-such-tool' } });
	for (let turn = 0; turn < 2; turn += 1) {
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.code).toBe('tool-missing');
	}
});
