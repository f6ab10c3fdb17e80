/** Everything that should not be in the directory of the signals: each is refused with a code, and karen goes on. */
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

describe('a file that is no plain file of one who may ring', () => {
	test.each<[string, (path: string) => unknown, ErrorCode]>([
		['a FIFO', (path) => execFileSync('mkfifo', [path]), 'signal-file-refused'],
		['a link to a file', (path) => symlinkSync('/etc/hostname', path), 'signal-file-refused'],
		['a link to nowhere', (path) => symlinkSync('/nowhere', path), 'signal-file-refused'],
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
		['a byte too much', () => box.ring('hi', 'x'.repeat(PAYLOAD_MAX_BYTES + 1)), 'payload-too-large'],
		[
			'no UTF-8',
			() => box.put('hi', (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))),
			'payload-not-text',
		],
		[
			'half a character',
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

	test('heard again when it is made good', async () => {
		await box.start();
		symlinkSync('/etc/hostname', join(box.signals, 'hi'));
		await box.reported('hi', ({ state }) => state === 'refused');
		rmSync(join(box.signals, 'hi'));
		box.ring('hi');
		await box.reported('hi', ({ state }) => state === 'done');
	});

	test('a payload that is not JSON is the trigger’s to judge', async () => {
		box.trigger('hi', 'cat');
		await box.start();
		box.ring('hi', '{"updateTo": ');
		expect((await box.reported('hi', ({ state }) => state === 'done')).output).toBe('{"updateTo":');
	});
});

describe('a name that is no name', () => {
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
		// Hidden names are temporary files of writers: passed over without a word.
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

	test('is told of once a touch, not once a look', async () => {
		await box.start();
		box.ring('two words');
		await box.logged('signal-name-refused');
		const told = Date.now();
		await until('two slow looks', () => Date.now() > told + 2200 || undefined);
		expect(box.log().split('signal-name-refused')).toHaveLength(2);
		box.ring('two words', 'again');
		await box.logged('signal-name-refused', 2);
	});

	test('a thousand of them: one line in the log, twenty in the report', async () => {
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

test('a thousand signals that nothing answers: karen hears the one that something does', async () => {
	await box.start();
	for (let index = 0; index < 1000; index++) writeFileSync(join(box.signals, `unknown-${index}`), 'x');
	await stillHears();
	expect((await box.reported('unknown-0', ({ state }) => state === 'refused')).error?.code).toBe(
		'trigger-missing',
	);
});
