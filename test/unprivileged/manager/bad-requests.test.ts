/** Any request gets clean JSON with a fitting status, and never a stack trace. */

import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ERRORS, EXIT } from '../../../src/model/base/error-codes.ts';
import type { Layout } from '../../../src/model/base/layout.ts';
import { type Manager, startManager } from '../../../src/unprivileged/manager/server.ts';
import { ask, makeBox, planNow, publish, type Question, removeBox } from './box-for-tests.ts';

let box: Layout;
let manager: Manager;
beforeEach(async () => {
	box = makeBox();
	publish(box.available, planNow());
	manager = await startManager({
		root: box.root,
		listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
		limits: { heard: 100 },
		tell: () => undefined,
	});
});
afterEach(async () => {
	await manager.close();
	removeBox(box);
});

const UPDATE = '/api/v1/update';
const POST = { method: 'POST' } as const;
const type = (value: string) => ({ headers: { 'content-type': value } });

test.each<[string, string, Question, number]>([
	['half a body', UPDATE, { ...POST, body: '{"to":' }, 400],
	['a body that is not JSON', UPDATE, { ...POST, body: 'v0.4.18' }, 400],
	['an array', UPDATE, { ...POST, body: '["v0.4.18"]' }, 400],
	['a text', UPDATE, { ...POST, body: '"v0.4.18"' }, 400],
	['a number', UPDATE, { ...POST, body: '7' }, 400],
	['another key', UPDATE, { ...POST, body: '{"To":"v0.4.18"}' }, 400],
	['a number as the release', UPDATE, { ...POST, body: '{"to":7}' }, 400],
	['an object as the release', UPDATE, { ...POST, body: '{"to":{"a":1}}' }, 400],
	['a prototype', UPDATE, { ...POST, body: '{"__proto__":{"to":"v0.4.18"}}' }, 400],
	['a form', UPDATE, { ...POST, body: 'to=v0.4.18', ...type('application/x-www-form-urlencoded') }, 415],
	['plain text', UPDATE, { ...POST, body: '{"to":"v0.4.18"}', ...type('text/plain') }, 415],
	['a type that is none', UPDATE, { ...POST, body: '{}', ...type('nonsense') }, 415],
	['a body of 1 MB', UPDATE, { ...POST, body: `{"to":"${'x'.repeat(1024 * 1024)}"}` }, 413],
	['a page of another site', UPDATE, { ...POST, headers: { 'sec-fetch-site': 'cross-site' } }, 403],
	['an unknown path', '/api/v1/nothing', {}, 404],
	['an unknown path, POST', '/api/v1/nothing', { ...POST, body: '{}' }, 404],
	['a path outside', '/../../etc/passwd', {}, 404],
	['a path with a slash more', '/ping/', {}, 404],
	['the wrong method', '/api/v1/status', { method: 'DELETE' }, 405],
	['OPTIONS', UPDATE, { method: 'OPTIONS' }, 405],
	['a path that is no path', '/%zz', {}, 400],
	['a long path', `/${'x'.repeat(5000)}`, {}, 404],
	['long headers', '/ping', { headers: { 'x-long': 'x'.repeat(20_000) } }, 431],
])('%s', async (_, path, question, status) => {
	const answer = await ask(manager.address, path, question);
	expect(answer.status).toBe(status);
	expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
	expect(answer.json()).toEqual({
		error: {
			code: 'usage',
			message: expect.any(String),
			hint: expect.any(String),
			retry: 'never',
			facts: expect.any(Object),
		},
	});
	expect(answer.text).not.toMatch(/\bat .*\.(ts|js):\d/);
	expect(existsSync(join(box.signals, 'update'))).toBe(false);
});

test.each<[string, string, Question, number]>([
	['an unknown path', '/v1/system/nothing', {}, 404],
	['the wrong method', '/v1/system/info', { method: 'PUT' }, 405],
	['half a body', '/v1/system/update', { ...POST, body: '{"to":' }, 400],
	[
		'a body of 1 MB',
		'/v1/system/update',
		{ ...POST, body: 'x'.repeat(1024 * 1024), ...type('text/plain') },
		413,
	],
	[
		'a page of another site',
		'/v1/system/update',
		{ ...POST, headers: { 'sec-fetch-site': 'cross-site' } },
		403,
	],
])('under /v1/system: %s is a bare string', async (_, path, question, status) => {
	const answer = await ask(manager.address, path, question);
	expect([answer.status, typeof answer.json()]).toEqual([status, 'string']);
});

test.each<[string, Question]>([
	['no body', {}],
	['an empty body of type JSON', type('application/json')],
	['an empty object', { body: '{}' }],
	['null', { body: 'null' }],
	['no release', { body: '{"to":null}' }],
])('%s means the next release, in both ways', async (_, question) => {
	expect((await ask(manager.address, UPDATE, { ...POST, ...question })).json()).toMatchObject({
		error: { code: 'karen-silent' },
	});
	expect((await ask(manager.address, '/v1/system/update', { ...POST, ...question })).json()).toBe(
		'Unable to start the update process',
	);
});

test('the legacy route ignores a body that is not JSON', async () => {
	const question = { ...POST, body: 'a=1', ...type('application/x-www-form-urlencoded') };
	expect((await ask(manager.address, '/v1/system/update', question)).json()).toBe(
		'Unable to start the update process',
	);
});

test('answers a wrong method with the right ones', async () => {
	const allow = async (path: string, method: string) =>
		(await ask(manager.address, path, { method })).headers['allow'];
	expect(await allow(UPDATE, 'PUT')).toBe('GET, HEAD, POST');
	expect(await allow('/v1/system/update', 'GET')).toBe('POST');
});

test('answers input that is not HTTP, and keeps running', async () => {
	const text = await new Promise<string>((resolve, reject) => {
		const socket = connect(Number(new URL(manager.address).port), '127.0.0.1', () =>
			socket.write('GARBAGE\r\n\r\n'),
		);
		let got = '';
		socket.on('data', (part) => (got += part.toString()));
		socket.on('close', () => resolve(got));
		socket.on('error', reject);
	});
	expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
	expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ error: { code: 'usage' } });
	expect((await ask(manager.address, '/ping')).status).toBe(200);
});

test('each error code has the HTTP status of its kind', () => {
	const rows = Object.values(ERRORS);
	expect(rows.filter(({ http }) => http < 400)).toEqual([]);
	expect([ERRORS.busy.http, ERRORS['karen-silent'].http, ERRORS.usage.http]).toEqual([409, 503, 400]);
	expect(rows.filter(({ exit, http }) => exit === EXIT.refused && ![422, 502, 503].includes(http))).toEqual(
		[],
	);
});
