/** Wishes and status files of an unprivileged user, good for nothing or meant ill: none of them changes anything. */
import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { type Box, boxForTest, makeBox } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';

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

	// What a wish is, is told by the tables of model/wish and engine/plan: here it is that both places are read, and each kind of refusal.
	test.each<[string, unknown, ErrorCode]>([
		['a path upwards', '../x', 'wish-unreadable'],
		['a tag that is not there', 'v1.1.7', 'missing-tag'],
		['a release beyond the channel', 'v2.0.0', 'wish-not-on-path'],
	])('in the payload: %s', async (_, wish, code) => {
		expectNothingChanged(box, before, await box.updater('update', JSON.stringify({ updateTo: wish })), {
			code,
			exit: 3,
		});
	});

	test.each<[string, unknown, ErrorCode]>([
		['an option of git', '--upload-pack=x', 'wish-unreadable'],
		['an older release', 'v0.9.0', 'wish-not-newer'],
	])('in update-status.json: %s', async (_, wish, code) => {
		box.writeStatus(JSON.stringify({ state: 'success', progress: 100, description: '', updateTo: wish }));
		expectNothingChanged(box, before, await box.updater('update', 'true'), { code, exit: 3 });
	});

	test.each([
		['too long', Buffer.alloc(64 * 1024 + 1, 'x'), 'payload-too-large'],
		['not UTF-8', Buffer.from([0x76, 0x31, 0xff, 0xfe]), 'payload-not-text'],
	] as const)('a payload that is %s is refused before anything else', async (_, payload, code) => {
		expectNothingChanged(box, before, await box.updater('update', payload), { code, exit: 3 });
	});

	test('a wish for the installed release: it is there already, and that is no failure', async () => {
		const { code, stderr } = await box.updater('update', '{"updateTo": "v1.0.0"}');
		expect({ code, stderr }).toEqual({
			code: 0,
			stderr: '1.0.0 is installed, which is what was asked for\nnothing needs to be done\n',
		});
		expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
		expect(box.fingerprint()).toEqual(before);
	});

	test('a bad wish is gone after it was answered, and the next request works', async () => {
		box.writeStatus('{"updateTo": "../x"}');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.legacyStatus()['updateTo']).toBe('');
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
	});
});

test('a payload and a status that wish nothing take the next release', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	box.publish({ version: '1.2.0', requires: '>=1.1.0' });
	box.writeStatus('{"state": "success", "updateTo": ["v9.9.9"]}');
	expect((await box.updater('update', '{"updateTo": null, "version": "v9.9.9"}')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
});

describe('the status file itself', () => {
	const outside = (box: Box) => join(box.dir, 'outside');

	function expectPlainAgain(box: Box): void {
		expect(lstatSync(box.layout.updateStatus).isFile()).toBe(true);
		expect(lstatSync(box.layout.updateStatus).nlink).toBe(1);
		expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
		expect(readFileSync(outside(box), 'utf8')).toBe('{"updateTo": "v9.9.9"}');
	}

	/** Whoever takes the wish of the file outside for one finds no such release. */
	function spoilStatus(box: Box, spoil: (path: string, box: Box) => unknown): void {
		writeFileSync(outside(box), '{"updateTo": "v9.9.9"}');
		rmSync(box.layout.updateStatus, { force: true });
		spoil(box.layout.updateStatus, box);
	}

	describe('of a box with nothing to do', () => {
		let box: Box;
		beforeAll(() => {
			box = makeBox(OLD);
		});
		afterAll(() => box.remove());

		test.each<[string, (path: string, box: Box) => unknown]>([
			['empty', (path) => writeFileSync(path, '')],
			['half', (path) => writeFileSync(path, '{"state": "success", "upd')],
			['not JSON', (path) => writeFileSync(path, 'success')],
			['an array', (path) => writeFileSync(path, '[1, 2]')],
			['not UTF-8', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00]))],
			[
				'huge',
				(path) => writeFileSync(path, `{"updateTo": "v9.9.9", "x": "${'x'.repeat(10 * 1024 * 1024)}"}`),
			],
			['missing', () => undefined],
			['a symbolic link', (path) => symlinkSync(outside(box), path)],
			['a hard link', (path) => linkSync(outside(box), path)],
		])('%s: it is a plain one again', async (_, spoil) => {
			spoilStatus(box, spoil);
			expect(await box.updater('update')).toMatchObject({
				code: 0,
				stderr: expect.stringContaining('nothing newer'),
			});
			expectPlainAgain(box);
		});
	});

	test.each<[string, (path: string, box: Box) => unknown]>([
		['a symbolic link', (path, box) => symlinkSync(outside(box), path)],
		['a dangling link', (path, box) => symlinkSync(join(box.dir, 'nowhere'), path)],
		['a FIFO', (path) => execFileSync('mkfifo', [path])],
	])('%s: the update goes its way, and hooks write into a plain one again', async (_, spoil) => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		spoilStatus(box, spoil);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
		expectPlainAgain(box);
	});

	test('a directory in its place costs the report and not the update', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: { '00': 'rmdir "$ROOT"/statuses/update-status.json' } });
		rmSync(box.layout.updateStatus);
		mkdirSync(box.layout.updateStatus);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0' });
	});

	test('links in place of the other files of statuses are never written through', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		const names = ['update-in-progress', 'change.json', 'history.json', 'update-failure', 'available.json'];
		for (const name of names) {
			writeFileSync(join(box.dir, name), `precious ${name}`);
			symlinkSync(join(box.dir, name), join(box.layout.statuses, name));
		}
		expect((await box.updater('check')).code).toBe(0);
		expect((await box.updater('update')).code).toBe(0);
		expect(names.map((name) => readFileSync(join(box.dir, name), 'utf8'))).toEqual(
			names.map((name) => `precious ${name}`),
		);
	});
});
