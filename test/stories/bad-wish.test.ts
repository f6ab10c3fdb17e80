/** Wishes and status files of an unprivileged user, good for nothing or meant ill: none of them changes anything. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/model/error.ts';
import { type Box, boxForTest, makeBox } from '../box/box.ts';
import { expectGoodUpdateWorks, expectNothingChanged } from '../box/expect.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '>=1.0.0' };

describe('a wish that is refused', () => {
	// One box for all of them: that each leaves everything as it was is what the next one starts from.
	let box: Box;
	let before: readonly string[];

	beforeAll(() => {
		box = makeBox(OLD);
		box.publish(NEW);
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		box.publish({ version: '2.0.0', requires: '>=1.5.0' }, 'v2.0.0');
		box.publish({ version: '1.3.0', requires: '>=1.1.0' });
		before = box.fingerprint();
	});
	afterAll(() => box.remove());

	const WISHES: readonly [string, unknown, ErrorCode][] = [
		['a path upwards', '../x', 'wish-unreadable'],
		['an absolute path', '/etc/passwd', 'wish-unreadable'],
		['the text null', 'null', 'wish-unreadable'],
		['quotes', 'v1.1.0"', 'wish-unreadable'],
		['shell', 'v1.1.0; touch /tmp/x', 'wish-unreadable'],
		['an option of git', '--upload-pack=x', 'wish-unreadable'],
		['an option in front of a tag', '-v1.1.0', 'wish-unreadable'],
		['300 characters', 'v'.repeat(300), 'wish-unreadable'],
		['a tag of 300 digits', `v1.1.${'0'.repeat(300)}`, 'wish-unreadable'],
		['white space', 'v1.1.0 ', 'wish-unreadable'],
		['a line end', 'v1.1.0\nv1.2.0', 'wish-unreadable'],
		['a NUL', 'v1.1.0\u0000', 'wish-unreadable'],
		['a branch', 'main', 'wish-unreadable'],
		['a whole ref', 'refs/tags/v1.1.0', 'wish-unreadable'],
		['a commit', 'a'.repeat(40), 'wish-unreadable'],
		['two numbers', 'v1.1', 'wish-unreadable'],
		['a tag that is not there', 'v1.1.7', 'missing-tag'],
		['the installed release', 'v1.0.0', 'wish-not-newer'],
		['an older release', 'v0.9.0', 'wish-not-newer'],
		['a release beyond the channel', 'v2.0.0', 'wish-not-on-path'],
	];

	test.each(WISHES)('in the payload: %s', async (_, wish, code) => {
		expectNothingChanged(box, before, await box.updater('update', JSON.stringify({ updateTo: wish })), { code, exit: 3 });
	});

	test.each(WISHES)('in update-status.json: %s', async (_, wish, code) => {
		box.writeStatus(JSON.stringify({ state: 'success', progress: 100, description: '', updateTo: wish }));
		expectNothingChanged(box, before, await box.updater('update', 'true'), { code, exit: 3 });
	});

	test.each([
		['a bare text that is no tag', 'v1.1.0 --force'],
		['an array', '["v1.1.0"]'],
		['an array as the wish', '{"updateTo": ["v1.1.0"]}'],
		['a number as the wish', '{"updateTo": 110}'],
		['an object as the wish', '{"updateTo": {"tag": "v1.1.0"}}'],
		['false as the wish', '{"updateTo": false}'],
		['half a JSON', '{"updateTo": "v1.1.0"'],
		['JSON with rubbish behind it', '{"updateTo": "v1.1.0"} v1.2.0'],
	])('payload: %s', async (_, payload) => {
		expectNothingChanged(box, before, await box.updater('update', payload), { code: 'wish-unreadable', exit: 3 });
	});

	test('a prototype is not a wish', async () => {
		const end = await box.updater('update', '{"__proto__": {"updateTo": "v2.0.0"}, "updateTo": "v9.9.9"}');
		expectNothingChanged(box, before, end, { code: 'wish-not-on-path', exit: 3 });
	});

	test('a bad wish is gone after it was answered, and the next request works', async () => {
		box.writeStatus('{"updateTo": "../x"}');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.legacyStatus()['updateTo']).toBe('');
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
	});
});

test.each([
	['too long', Buffer.alloc(64 * 1024 + 1, 'x'), 'payload-too-large'],
	['not UTF-8', Buffer.from([0x76, 0x31, 0xff, 0xfe]), 'payload-not-text'],
] as const)('a payload that is %s is refused before anything else', async (_, payload, code) => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update', payload), { code, exit: 3 });
});

describe('a payload or a wish that wishes nothing takes the next release', () => {
	test.each([
		['nothing', '', ''],
		['true, as older managers write', 'true', ''],
		['an empty wish', '{"updateTo": ""}', ''],
		['null', '{"updateTo": null}', ''],
		['the JSON null', 'null', ''],
		['a number', '1', ''],
		['white space', ' \n\t', ''],
		['another key', '{"version": "v9.9.9"}', ''],
		['null in the status', '', '{"state": "success", "updateTo": null}'],
		['an empty text in the status', '', '{"state": "success", "updateTo": ""}'],
		['an array in the status', '', '{"state": "success", "updateTo": ["v9.9.9"]}'],
		['a number in the status', '', '{"state": "success", "updateTo": 110}'],
	])('%s', async (_, payload, status) => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		if (status !== '') box.writeStatus(status);
		expect((await box.updater('update', payload)).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
	});
});

describe('the status file itself', () => {
	const outside = (box: Box) => join(box.dir, 'outside');

	test.each<[string, (path: string, box: Box) => unknown]>([
		['empty', (path) => writeFileSync(path, '')],
		['half', (path) => writeFileSync(path, '{"state": "success", "upd')],
		['not JSON', (path) => writeFileSync(path, 'success')],
		['an array', (path) => writeFileSync(path, '[1, 2]')],
		['not UTF-8', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00]))],
		['huge', (path) => writeFileSync(path, `{"updateTo": "v9.9.9", "x": "${'x'.repeat(10 * 1024 * 1024)}"}`)],
		['missing', () => undefined],
		['a symbolic link', (path, box) => symlinkSync(outside(box), path)],
		['a dangling link', (path, box) => symlinkSync(join(box.dir, 'nowhere'), path)],
		['a hard link', (path, box) => execFileSync('ln', [outside(box), path])],
		['a FIFO', (path) => execFileSync('mkfifo', [path])],
	])('%s: the update goes its way, and the file is a plain one again', async (_, spoil) => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		writeFileSync(outside(box), '{"updateTo": "v9.9.9"}');
		rmSync(box.layout.updateStatus);
		spoil(box.layout.updateStatus, box);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
		expect(lstatSync(box.layout.updateStatus).isFile()).toBe(true);
		expect(lstatSync(box.layout.updateStatus).nlink).toBe(1);
		expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
		expect(readFileSync(outside(box), 'utf8')).toBe('{"updateTo": "v9.9.9"}');
	});

	test('a directory in its place costs the report and not the update', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: { '00': 'rmdir "$ROOT"/statuses/update-status.json' } });
		rmSync(box.layout.updateStatus);
		mkdirSync(box.layout.updateStatus);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0' });
	});

	test.each(['update-in-progress', 'change.json', 'history.json', 'update-failure', 'available.json'])(
		'a link named %s is never written through',
		async (name) => {
			const box = boxForTest(OLD);
			box.publish(NEW);
			writeFileSync(outside(box), 'precious');
			symlinkSync(outside(box), join(box.layout.statuses, name));
			expect((await box.updater('check')).code).toBe(0);
			expect((await box.updater('update')).code).toBe(0);
			expect(readFileSync(outside(box), 'utf8')).toBe('precious');
		},
	);
});

test('after all that a good update works', async () => {
	const box = boxForTest(OLD);
	await expectGoodUpdateWorks(box);
});
