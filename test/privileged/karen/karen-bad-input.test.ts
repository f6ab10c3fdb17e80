/** Invalid entries in the signals directory: karen refuses each with a code and continues. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { PAYLOAD_MAX_BYTES } from '../../../src/model/signal/signal.ts';
import { KarenBox, readText, until } from './karen-box.ts';

let box: KarenBox;

beforeEach(() => {
	box = new KarenBox();
	box.recording('hi');
	box.recording('marker');
});
afterEach(() => box.close());

async function stillHears(): Promise<void> {
	box.ring('marker');
	await box.reported('marker', ({ state }) => state === 'done');
}

describe('refuses, as a signal file,', () => {
	test.each<[string, (path: string) => unknown, ErrorCode]>([
		['a FIFO', (path) => execFileSync('mkfifo', [path]), 'signal-file-refused'],
		['a link to a file', (path) => symlinkSync('/etc/hostname', path), 'signal-file-refused'],
		['a dangling link', (path) => symlinkSync('/nowhere', path), 'signal-file-refused'],
		['a link to itself', (path) => symlinkSync('hi', path), 'signal-file-refused'],
		['a link to a device', (path) => symlinkSync('/dev/zero', path), 'signal-file-refused'],
		[
			'a hard link',
			(path) => {
				writeFileSync(`${box.dir}/other`, 'true');
				linkSync(`${box.dir}/other`, path);
			},
			'signal-file-refused',
		],
		['a directory', (path) => mkdirSync(path), 'signal-file-refused'],
		[
			'10 MB',
			() => box.put('hi', (path) => writeFileSync(path, Buffer.alloc(10 * 1024 * 1024, 'x'))),
			'payload-too-large',
		],
		['one byte too many', () => box.ring('hi', 'x'.repeat(PAYLOAD_MAX_BYTES + 1)), 'payload-too-large'],
		[
			'no UTF-8',
			() => box.put('hi', (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))),
			'payload-not-text',
		],
		[
			'a truncated character',
			() => box.put('hi', (path) => writeFileSync(path, Buffer.from([0x61, 0xe2, 0x82]))),
			'payload-not-text',
		],
	])('%s', async (_what, make, code) => {
		await box.start();
		make(join(box.signals, 'hi'));
		const report = await box.reported('hi', ({ state }) => state === 'refused');
		expect(report.error).toMatchObject({ code, message: expect.stringMatching(/^cannot run hi: /) });
		expect(report).toMatchObject({ run: '', startedAt: null, exitCode: null });
		await stillHears();
		expect(box.runs('hi')).toEqual([]);
		expect(box.log().split(`"code":"${code}"`)).toHaveLength(2);
		expect(box.log()).not.toMatch(/\bat .*\.ts:\d/);
	});

	test('a socket', async () => {
		await box.start();
		const server = createServer().listen(join(box.signals, 'hi'));
		expect((await box.reported('hi', ({ state }) => state === 'refused')).error?.code).toBe(
			'signal-file-refused',
		);
		server.close();
		await stillHears();
	});

	test('runs the signal after its file was corrected', async () => {
		await box.start();
		symlinkSync('/etc/hostname', join(box.signals, 'hi'));
		await box.reported('hi', ({ state }) => state === 'refused');
		rmSync(join(box.signals, 'hi'));
		box.ring('hi');
		await box.reported('hi', ({ state }) => state === 'done');
	});

	test('passes a payload that is not JSON to the trigger', async () => {
		box.trigger('hi', 'cat');
		await box.start();
		box.ring('hi', '{"updateTo": ');
		expect((await box.reported('hi', ({ state }) => state === 'done')).output).toBe('{"updateTo":');
	});
});

describe('refuses, as a signal name,', () => {
	test.each([
		['..hi', undefined],
		['a..b', 'a..b'],
		['-rf', '-rf'],
		['_refused', '_refused'],
		['two words', 'two words'],
		['new\nline', 'new?line'],
		['\u001B[31mred', 'red'],
		['%2e%2e%2fupdate', '%2e%2e%2fupdate'],
		['ümlaut', 'ümlaut'],
		['x'.repeat(101), 'x'.repeat(101)],
		['x'.repeat(250), 'x'.repeat(250)],
		['$(reboot)', '$(reboot)'],
		['`reboot`;', '`reboot`;'],
		['"', '"'],
	])('%j', async (name, shown) => {
		await box.start();
		box.ring(name);
		const path = join(box.root, 'statuses/signals/_refused.json');
		await stillHears();
		// Hidden names are temporary files of writers and are ignored.
		if (shown === undefined) {
			expect(existsSync(path)).toBe(false);
			return;
		}
		const refused = JSON.parse(
			await until(
				'the refused names',
				() => readText(path) || undefined,
				() => box.log(),
			),
		);
		expect(refused).toMatchObject({
			schema: 1,
			names: [shown],
			count: 1,
			error: { code: 'signal-name-refused' },
		});
	});

	test('is reported once per touch, not once per scan', async () => {
		await box.start();
		box.ring('two words');
		await box.logged('signal-name-refused');
		const told = Date.now();
		await until('two slow looks', () => Date.now() > told + 2200 || undefined);
		expect(box.log().split('signal-name-refused')).toHaveLength(2);
		box.ring('two words', 'again');
		await box.logged('signal-name-refused', 2);
	});

	test('writes one log line and twenty names for a thousand invalid names', async () => {
		const karen = await box.start();
		await karen.end('SIGTERM');
		for (let index = 0; index < 1000; index++) writeFileSync(join(box.signals, `bad ${index}`), '');
		await box.start();
		await stillHears();
		const refused = JSON.parse(readText(join(box.root, 'statuses/signals/_refused.json')));
		expect(refused.count).toBe(1000);
		expect(refused.names).toHaveLength(20);
		expect(box.log().split('signal-name-refused')).toHaveLength(2);
	});
});

test('handles a valid signal among a thousand without triggers', async () => {
	await box.start();
	for (let index = 0; index < 1000; index++) writeFileSync(join(box.signals, `unknown-${index}`), 'x');
	await stillHears();
	expect((await box.reported('unknown-0', ({ state }) => state === 'refused')).error?.code).toBe(
		'trigger-missing',
	);
});
