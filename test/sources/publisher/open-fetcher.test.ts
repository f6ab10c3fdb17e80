/** The fetcher as configured, and above all its certificates. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../../src/model/config/config.ts';
import { type FetchWorld, fetchBytes } from '../../../src/sources/publisher/fetch.ts';
import { openFetcher } from '../../../src/sources/publisher/open-fetcher.ts';
import { FETCHER } from '../../box/sources/fetcher.ts';
import { answeringServer, listen } from '../../box/sources/servers.ts';
import { scratch } from '../../scratch.ts';

interface Authority {
	readonly file: string;
	readonly key: Buffer;
	readonly cert: Buffer;
}

function authority(name: string): Authority {
	const dir = scratch();
	const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
	const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
	const args = [
		'req',
		'-x509',
		'-newkey',
		'ec',
		'-pkeyopt',
		'ec_paramgen_curve:prime256v1',
		'-nodes',
		...subject,
		'-keyout',
		key,
		'-out',
		cert,
	];
	execFileSync('openssl', args, { stdio: 'pipe' });
	return { file: cert, key: readFileSync(key), cert: readFileSync(cert) };
}

async function secretServer(
	{ key, cert }: Authority,
	answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
	return `https://127.0.0.1:${await listen(createServer({ key, cert }, answer))}/`;
}

async function worldOf(fetcher: Record<string, unknown>): Promise<FetchWorld> {
	const least = {
		source: { url: '/nowhere' },
		trust: { mode: 'unsigned' },
		fetcher: { user: FETCHER.uid, ...fetcher },
	};
	const opened = await openFetcher(parseConfig(least, 'the test').fetcher, scratch());
	onTestFinished(() => opened.end());
	return { fetcher: opened, clock: { sleep: async () => undefined }, sense: () => 'set' };
}

test('trusts only the configured certificates', async () => {
	const ours = authority('ours');
	const url = await secretServer(ours, (_, response) => response.end('secret'));
	const refused = { record: { code: 'source-unreachable', message: expect.stringContaining('certificate') } };
	expect(String(await fetchBytes(await worldOf({ certificates: ours.file }), { url, limit: 10 }))).toBe(
		'secret',
	);
	await expect(fetchBytes(await worldOf({}), { url, limit: 10 })).rejects.toMatchObject(refused);
	await expect(
		fetchBytes(await worldOf({ certificates: authority('other').file }), { url, limit: 10 }),
	).rejects.toMatchObject(refused);
});

test('requires the certificate to name the server', async () => {
	const ours = authority('ours');
	const url = (await secretServer(ours, (_, response) => response.end('x'))).replace(
		'127.0.0.1',
		'localhost',
	);
	await expect(
		fetchBytes(await worldOf({ certificates: ours.file }), { url, limit: 10 }),
	).rejects.toMatchObject({
		record: { code: 'source-unreachable', facts: { why: 'ERR_TLS_CERT_ALTNAME_INVALID' } },
	});
});

test('never follows a redirect from https to http, whatever is allowed', async () => {
	const ours = authority('ours');
	const there = `http://127.0.0.1:${await answeringServer((_, response) => response.end('plain'))}`;
	const url = await secretServer(ours, (_, response) =>
		response.writeHead(301, { location: `${there}/` }).end(),
	);
	await expect(
		fetchBytes(await worldOf({ certificates: ours.file, redirects: [there] }), { url, limit: 10 }),
	).rejects.toMatchObject({
		record: { code: 'redirect-refused', facts: { why: 'plain' } },
	});
});

test('reports a clock that is not set', async () => {
	const url = await secretServer(authority('ours'), (_, response) => response.end('x'));
	const world: FetchWorld = { ...(await worldOf({})), sense: () => 'not-set' };
	await expect(fetchBytes(world, { url, limit: 10 })).rejects.toMatchObject({
		record: { code: 'clock-not-set' },
	});
});

test.each([
	['is not there', undefined, 0o644, 'config-unsafe'],
	['holds no certificate', 'hello', 0o644, 'config-invalid'],
	[
		'holds a broken one',
		'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
		0o644,
		'config-invalid',
	],
	['other users can write', 'hello', 0o666, 'config-unsafe'],
])('refuses a certificate file that %s', async (_, text, mode, code) => {
	const certificates = join(scratch(), 'ca.pem');
	if (text !== undefined) {
		writeFileSync(certificates, text);
		chmodSync(certificates, mode);
	}
	await expect(worldOf({ certificates })).rejects.toMatchObject({ record: { code } });
});
