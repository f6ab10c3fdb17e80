/** The request is written in place: every other key stays, and readers never see garbage. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Layout } from '../../../../src/model/base/layout.ts';
import { parseTag, type Tag } from '../../../../src/model/release/tag.ts';
import { STATUS_MAX_BYTES } from '../../../../src/model/status/status.ts';
import { coveringBytes, writeRequest } from '../../../../src/unprivileged/manager/requests/request-file.ts';
import { AT_REST, makeBox, removeBox } from '../box-for-tests.ts';

const TAG = parseTag('v0.4.18') as Tag;
let box: Layout;
beforeEach(() => {
	box = makeBox();
});
afterEach(() => removeBox(box));

const written = () => JSON.parse(readFileSync(box.updateStatus, 'utf8')) as unknown;

test.each<[string, string, unknown]>([
	['the shipped file', JSON.stringify(AT_REST, null, 2), { ...AT_REST, updateTo: 'v0.4.18' }],
	[
		'unknown keys',
		'{"state":"failed","id":7,"updateTo":"v1.0.0"}',
		{ state: 'failed', id: 7, updateTo: 'v0.4.18' },
	],
	['a byte order mark', '\uFEFF{"state":"failed"}', { state: 'failed', updateTo: 'v0.4.18' }],
	[
		'a long file',
		`{"state":"failed","description":"${'x'.repeat(9000)}"}`,
		{ state: 'failed', description: 'x'.repeat(9000), updateTo: TAG },
	],
	['much white space', `{"state":"failed"}${' '.repeat(9000)}`, { state: 'failed', updateTo: 'v0.4.18' }],
	['an empty file: what it last held', '', { state: 'known', updateTo: 'v0.4.18' }],
	['half a file', '{"state":"suc', { state: 'known', updateTo: 'v0.4.18' }],
	['a huge file', 'x'.repeat(STATUS_MAX_BYTES + 5000), { state: 'known', updateTo: 'v0.4.18' }],
	['not an object', '[1]', { state: 'known', updateTo: 'v0.4.18' }],
])('%s', (_, old, expected) => {
	writeFileSync(box.updateStatus, old);
	const before = statSync(box.updateStatus);
	writeRequest(box.updateStatus, TAG, { state: 'known' });
	expect(written()).toEqual(expected);
	expect(readFileSync(box.updateStatus, 'utf8')).toMatch(/\}\n$/);
	expect(statSync(box.updateStatus)).toMatchObject({ ino: before.ino, mode: before.mode });
});

test('replaces an unreadable file without known content by the file at rest, with the request', () => {
	writeFileSync(box.updateStatus, '');
	writeRequest(box.updateStatus, TAG, undefined);
	expect(written()).toEqual({ ...AT_REST, updateTo: 'v0.4.18' });
});

test('the file is valid JSON between write and truncation', () => {
	for (const old of ['{"a":1}', JSON.stringify({ description: 'x'.repeat(500) }), `${'é'.repeat(300)}`]) {
		const bytes = coveringBytes('{"description":"é"}\n', Buffer.byteLength(old));
		const after = Buffer.concat([bytes, Buffer.from(old).subarray(bytes.length)]).toString();
		expect(JSON.parse(after)).toEqual({ description: 'é' });
	}
});

test('creates the file where this user may', () => {
	rmSync(box.updateStatus);
	writeRequest(box.updateStatus, TAG, undefined);
	expect(written()).toEqual({ ...AT_REST, updateTo: 'v0.4.18' });
});

test.each<[string, (path: string, other: string) => void]>([
	['a symbolic link', (path, other) => symlinkSync(other, path)],
	['a FIFO', (path) => void execFileSync('mkfifo', [path])],
	['a directory', (path) => mkdirSync(path)],
])('refuses %s, and leaves its target alone', (_, plant) => {
	const other = join(box.root, 'other');
	writeFileSync(other, 'precious');
	rmSync(box.updateStatus);
	plant(box.updateStatus, other);
	expect(() => writeRequest(box.updateStatus, TAG, undefined)).toThrow(/cannot write the requested release/);
	expect(readFileSync(other, 'utf8')).toBe('precious');
	expect(lstatSync(box.updateStatus).isFile()).toBe(false);
});
