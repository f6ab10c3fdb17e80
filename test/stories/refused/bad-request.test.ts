/** Useless or malicious requests and status files of an unprivileged user: none of them changes anything. */
import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { type Box, boxForTest, makeBox } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '>=1.0.0' };

describe('a refused request', () => {
	// One box for all: each test relies on the previous one leaving it unchanged.
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

	// The tables of requested-release and engine/plan have every case; these test that both files are read,
	// and each kind of refusal.
	test.each<[string, unknown, ErrorCode]>([
		['a path upwards', '../x', 'wish-unreadable'],
		['a tag that is not there', 'v1.1.7', 'missing-tag'],
		['a release beyond the channel', 'v2.0.0', 'wish-not-on-path'],
	])('refuses %s in the payload', async (_, requested, code) => {
		expectNothingChanged(box, before, await box.updater('update', JSON.stringify({ updateTo: requested })), {
			code,
			exit: 3,
		});
	});

	test.each<[string, unknown, ErrorCode]>([
		['an option of git', '--upload-pack=x', 'wish-unreadable'],
		['an older release', 'v0.9.0', 'wish-not-newer'],
	])('refuses %s in update-status.json', async (_, requested, code) => {
		box.writeStatus(
			JSON.stringify({ state: 'success', progress: 100, description: '', updateTo: requested }),
		);
		expectNothingChanged(box, before, await box.updater('update', 'true'), { code, exit: 3 });
	});

	test.each([
		['too long', Buffer.alloc(64 * 1024 + 1, 'x'), 'payload-too-large'],
		['not UTF-8', Buffer.from([0x76, 0x31, 0xff, 0xfe]), 'payload-not-text'],
	] as const)('refuses a payload that is %s before anything else', async (_, payload, code) => {
		expectNothingChanged(box, before, await box.updater('update', payload), { code, exit: 3 });
	});

	test('succeeds when the requested release is installed already', async () => {
		const { code, stderr } = await box.updater('update', '{"updateTo": "v1.0.0"}');
		expect({ code, stderr }).toEqual({
			code: 0,
			stderr: '1.0.0 is already installed\nnothing to do\n',
		});
		expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
		expect(box.fingerprint()).toEqual(before);
	});

	test('removes a bad request after refusing it, and the next one works', async () => {
		box.writeStatus('{"updateTo": "../x"}');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.legacyStatus()['updateTo']).toBe('');
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
	});
});

test('installs the next release when payload and status name none', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	box.publish({ version: '1.2.0', requires: '>=1.1.0' });
	box.writeStatus('{"state": "success", "updateTo": ["v9.9.9"]}');
	expect((await box.updater('update', '{"updateTo": null, "version": "v9.9.9"}')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
});

describe('the status file', () => {
	const outside = (box: Box) => join(box.dir, 'outside');

	function expectPlainAgain(box: Box): void {
		expect(lstatSync(box.layout.updateStatus).isFile()).toBe(true);
		expect(lstatSync(box.layout.updateStatus).nlink).toBe(1);
		expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
		expect(readFileSync(outside(box), 'utf8')).toBe('{"updateTo": "v9.9.9"}');
	}

	/** Reading the request in the outside file would fail, because no such release exists. */
	function damageStatus(box: Box, damage: (path: string, box: Box) => unknown): void {
		writeFileSync(outside(box), '{"updateTo": "v9.9.9"}');
		rmSync(box.layout.updateStatus, { force: true });
		damage(box.layout.updateStatus, box);
	}

	describe('of a box that is up to date', () => {
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
		])('becomes a regular file again when it was %s', async (_, damage) => {
			damageStatus(box, damage);
			expect(await box.updater('update')).toMatchObject({
				code: 0,
				stderr: expect.stringContaining('no newer release'),
			});
			expectPlainAgain(box);
		});
	});

	test.each<[string, (path: string, box: Box) => unknown]>([
		['a symbolic link', (path, box) => symlinkSync(outside(box), path)],
		['a dangling link', (path, box) => symlinkSync(join(box.dir, 'nowhere'), path)],
		['a FIFO', (path) => execFileSync('mkfifo', [path])],
	])('becomes a regular file again, and the update succeeds, when it was %s', async (_, damage) => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		damageStatus(box, damage);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.1.0');
		expectPlainAgain(box);
	});

	test('commits the update even if a directory replaces the status file', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: { '00': 'rmdir "$ROOT"/statuses/update-status.json' } });
		rmSync(box.layout.updateStatus);
		mkdirSync(box.layout.updateStatus);
		expect((await box.updater('update')).code).toBe(0);
		expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0' });
	});

	test('never writes through links that replace other status files', async () => {
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
