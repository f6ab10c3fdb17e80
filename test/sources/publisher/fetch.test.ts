/** Downloads from servers on loopback: good ones, and many kinds of bad ones. */
import { createHash } from 'node:crypto';
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FetchLimits } from '../../../src/model/publication/fetch-protocol.ts';
import type { Sha256 } from '../../../src/model/release/manifest.ts';
import { type FetchWorld, fetchBytes, fetchToFile } from '../../../src/sources/publisher/fetch.ts';
import type { Fetcher } from '../../../src/system/fetcher/process.ts';
import { type FetcherForTest, fetcherForTest, startFetcher } from '../../box/sources/fetcher.ts';
import { answeringServer, DEAF_PORT, listen, silentServer } from '../../box/sources/servers.ts';
import { scratch } from '../../scratch.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;
const NOISE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251));
const LIMIT = 1_000_000;

const state = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-fetch-')));
let plain: Fetcher;
beforeAll(async () => {
	plain = await startFetcher({}, state);
});
afterAll(async () => {
	await plain.end();
	rmSync(state, { recursive: true });
});

function worldOf(fetcher: Fetcher): FetchWorld & { readonly slept: number[] } {
	const slept: number[] = [];
	const sleep = async (milliseconds: number) => void slept.push(milliseconds);
	return { fetcher, clock: { sleep }, sense: () => 'set', slept };
}

/** Tests without special settings share one fetcher, as the files of a release do. */
async function world(given?: FetcherForTest): Promise<FetchWorld & { readonly slept: number[] }> {
	return worldOf(given === undefined ? plain : await fetcherForTest(given));
}

async function serve(answer: Answer): Promise<string> {
	return `http://127.0.0.1:${await answeringServer(answer)}/file`;
}

/** Serves bytes like a static file server, with ranges and ETags. */
function staticFile(bytes: () => Buffer, etag: () => string = () => '"1"'): Answer {
	return (request, response) => {
		const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
		const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag();
		const all = bytes();
		if (from > 0 && isSame) {
			response
				.writeHead(206, { etag: etag(), 'content-range': `bytes ${from}-${all.length - 1}/${all.length}` })
				.end(all.subarray(from));
			return;
		}
		response.writeHead(200, { etag: etag(), 'content-length': all.length }).end(all);
	};
}

const codeOf = (code: string, further: object = {}) => ({
	record: expect.objectContaining({ code, ...further }),
});
const why = (word: string) => ({ facts: expect.objectContaining({ why: word }) });

describe('a document', () => {
	test('is returned unchanged, and a missing one is distinguished from an empty one', async () => {
		const url = await serve((request, response) =>
			response.writeHead(request.url === '/none' ? 404 : 200).end(request.url === '/file' ? NOISE : ''),
		);
		const of = await world();
		expect((await fetchBytes(of, { url, limit: LIMIT }))?.equals(NOISE)).toBe(true);
		expect(await fetchBytes(of, { url: url.replace('file', 'empty'), limit: LIMIT })).toEqual(
			Buffer.alloc(0),
		);
		expect(await fetchBytes(of, { url: url.replace('file', 'none'), limit: LIMIT })).toBeUndefined();
	});

	test('is requested without cookies, encodings or information about the box', async () => {
		const headers: IncomingMessage['headers'][] = [];
		const url = await serve((request, response) => {
			headers.push(request.headers);
			response.setHeader('set-cookie', 'a=b').end();
		});
		const of = await world();
		await fetchBytes(of, { url, limit: 1 });
		await fetchBytes(of, { url, limit: 1 });
		const { host: _host, connection: _connection, ...said } = headers[1] ?? {};
		expect(said).toEqual({ 'user-agent': 'signalbox', accept: '*/*', 'accept-encoding': 'identity' });
	});

	test('exactly at the limit passes; one byte more is refused, announced or not', async () => {
		const of = await world();
		const url = await serve((request, response) => {
			if (request.url === '/announced') response.setHeader('content-length', 1001);
			response.end(Buffer.alloc(request.url === '/file' ? 1000 : 1001));
		});
		expect(await fetchBytes(of, { url, limit: 1000 })).toHaveLength(1000);
		for (const path of ['announced', 'more'])
			await expect(fetchBytes(of, { url: url.replace('file', path), limit: 1000 })).rejects.toMatchObject(
				codeOf('file-too-long'),
			);
	});

	test('is returned to its own request when many run at once', async () => {
		const url = await serve((request, response) => response.end(`it is ${request.url}`));
		const of = await world({ settings: { parallel: 3 } });
		const paths = Array.from({ length: 200 }, (_, index) => `/${index}`);
		const texts = await Promise.all(
			paths.map((path) => fetchBytes(of, { url: url.replace('/file', path), limit: 1000 })),
		);
		expect(texts.map(String)).toEqual(paths.map((path) => `it is ${path}`));
	});
});

/** Sends raw bytes after the first request. */
async function raw(text: string, then: 'ends' | 'stays' = 'ends'): Promise<string> {
	const port = await listen(
		createServer((socket) => {
			socket.once('data', () => {
				socket.write(text);
				if (then === 'ends') socket.end();
			});
		}),
	);
	return `http://127.0.0.1:${port}/`;
}

/** Continues to send until the other side disconnects. */
const endless =
	(piece: Buffer, pause: number): Answer =>
	(_, response) => {
		response.writeHead(200);
		const timer = setInterval(() => response.write(piece), pause);
		response.once('close', () => clearInterval(timer));
	};

describe('a bad server', () => {
	const table: readonly (readonly [string, () => Promise<string>, object])[] = [
		[
			'that does not exist',
			async () => `http://127.0.0.1:${DEAF_PORT}/`,
			codeOf('source-unreachable', why('ECONNREFUSED')),
		],
		['that never ends', () => serve(endless(Buffer.alloc(50_000), 1)), codeOf('file-too-long')],
		[
			'that announces more than it sends',
			() => raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
			codeOf('source-unreachable', why('')),
		],
		[
			'that closes the connection between pieces',
			() => raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
			codeOf('source-unreachable'),
		],
		[
			'that does not speak HTTP',
			() => raw('SSH-2.0-OpenSSH_9.2\r\n'),
			codeOf('source-refused', why('malformed')),
		],
		[
			'with huge headers',
			() => raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
			codeOf('source-refused', why('headers')),
		],
		[
			'with too many headers',
			() => raw(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`),
			codeOf('source-refused', why('headers')),
		],
		[
			'that compresses its response',
			() => serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')),
			codeOf('source-refused', why('encoding')),
		],
		[
			'that sends an unrequested range',
			() => serve((_, response) => response.writeHead(206).end('x')),
			codeOf('source-unreachable'),
		],
		[
			'that sends nothing',
			() => serve((_, response) => response.writeHead(204).end()),
			codeOf('source-unreachable'),
		],
		[
			'that reports an internal error',
			() => serve((_, response) => response.writeHead(503).end('x')),
			codeOf('source-unreachable'),
		],
		[
			'that denies access',
			() => serve((_, response) => response.writeHead(403).end('x')),
			codeOf('source-refused'),
		],
		['with a password in the URL', async () => 'http://me:secret@127.0.0.1/', codeOf('source-refused')],
		['of another protocol', async () => 'file:///etc/passwd', codeOf('source-refused')],
	];

	async function expectNothing(of: FetchWorld, url: string, expected: object): Promise<void> {
		const directory = scratch();
		await expect(fetchToFile(of, { url, limit: 100_000 }, directory)).rejects.toMatchObject(expected);
		expect(readdirSync(directory)).toEqual([]);
	}

	test.each(table)('%s', async (_, url, expected) => {
		await expectNothing(await world(), await url(), expected);
	});

	// Only the limit under test is short: on a busy machine another one might be reached first.
	test.each<[string, () => Promise<string>, string, Partial<FetchLimits>]>([
		[
			'that never answers',
			async () => `http://127.0.0.1:${await silentServer()}/`,
			'answer',
			{ answer: 600 },
		],
		['that stops in the headers', () => raw('HTTP/1.1 200 OK\r\nX: ', 'stays'), 'answer', { answer: 600 }],
		[
			'that stops in the body',
			() => raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', 'stays'),
			'idle',
			{ idle: 400 },
		],
		[
			'that sends too slowly',
			() => serve(endless(Buffer.from('x'), 100)),
			'rate',
			{ rate: 1000, window: 1000 },
		],
	])('%s', async (_, url, word, limits) => {
		await expectNothing(await world({ limits }), await url(), codeOf('source-timeout', why(word)));
	});

	test('that does not complete the TLS handshake has a shorter limit than for an answer', async () => {
		const url = `https://127.0.0.1:${await silentServer()}/`;
		const fetcher = await fetcherForTest({ limits: { connect: 300 } });
		const end = await fetcher.get(
			{ url, from: 0, etag: null, limit: 1 },
			{ head: () => undefined, bytes: () => undefined },
		);
		expect(end).toEqual({ kind: 'fault', fault: { kind: 'slow', why: 'connect' } });
	});

	test('that fails twice is asked a third time, with increasing pauses', async () => {
		let asked = 0;
		const url = await serve((_, response) => response.writeHead(++asked < 3 ? 503 : 200).end('x'));
		const of = await world();
		expect(String(await fetchBytes(of, { url, limit: 10 }))).toBe('x');
		expect(of.slept).toEqual([1000, 2000]);
	});

	test('that denies access is not asked again', async () => {
		let asked = 0;
		const url = await serve((_, response) => {
			asked += 1;
			response.writeHead(403).end();
		});
		const of = await world();
		await expect(fetchBytes(of, { url, limit: 10 })).rejects.toMatchObject(codeOf('source-refused'));
		expect(asked).toBe(1);
	});
});

describe('a redirect', () => {
	const to =
		(location: string): Answer =>
		(_, response) =>
			response.writeHead(302, { location }).end('x'.repeat(1000));

	test('to the same origin is followed up to five times', async () => {
		const url = await serve((request, response) => {
			const left = Number(request.url?.slice(1));
			if (left > 0) response.writeHead(307, { location: `/${left - 1}` }).end();
			else response.end('there');
		});
		const of = await world();
		expect(String(await fetchBytes(of, { url: url.replace('file', '5'), limit: 10 }))).toBe('there');
		await expect(fetchBytes(of, { url: url.replace('file', '6'), limit: 10 })).rejects.toMatchObject(
			codeOf('redirect-refused', why('many')),
		);
	});

	test('to another origin is followed only if the configuration names it', async () => {
		const there = await serve((_, response) => response.end('there'));
		const url = await serve(to(there));
		await expect(fetchBytes(await world(), { url, limit: 10 })).rejects.toMatchObject(
			codeOf('redirect-refused', why('origin')),
		);
		const of = await world({ settings: { redirects: [new URL(there).origin] } });
		expect(String(await fetchBytes(of, { url, limit: 10 }))).toBe('there');
	});

	test.each([
		['in a circle', '/file', 'many'],
		['to an invalid URL', 'http://', 'broken'],
		['to a file', 'file:///etc/passwd', 'broken'],
		['with a password', 'http://a:b@127.0.0.1/', 'broken'],
		['to a host whose name begins alike', 'http://127.0.0.1.example.org/', 'origin'],
		['to an internal address', 'http://169.254.169.254/latest/meta-data', 'origin'],
	])('%s is refused', async (_, location, word) => {
		await expect(
			fetchBytes(await world(), { url: await serve(to(location)), limit: 10 }),
		).rejects.toMatchObject(codeOf('redirect-refused', why(word)));
	});
});

describe('a file', () => {
	const wanted = { length: NOISE.length, sha256: digestOf(NOISE), limit: LIMIT };

	test('is stored under its digest with a private mode, and reports progress', async () => {
		const directory = scratch();
		const told: number[] = [];
		const url = await serve(staticFile(() => NOISE));
		const file = await fetchToFile(
			await world(),
			{ url, ...wanted },
			directory,
			(bytes) => void told.push(bytes),
		);
		expect(file).toEqual({
			path: join(directory, wanted.sha256),
			bytes: NOISE.length,
			sha256: wanted.sha256,
		});
		expect(readFileSync(file.path).equals(NOISE)).toBe(true);
		expect(statSync(file.path).mode & 0o777).toBe(0o600);
		expect(readdirSync(directory)).toEqual([wanted.sha256]);
		expect(told.at(-1)).toBe(NOISE.length);
		expect(told.length).toBeGreaterThan(2);
	});

	test.each([
		['other bytes', Buffer.from(NOISE).fill(1, 200_000, 200_001), 'file-changed'],
		['fewer bytes', NOISE.subarray(1), 'file-changed'],
		['more bytes', Buffer.concat([NOISE, Buffer.from('x')]), 'file-too-long'],
	])('with %s is refused', async (_, bytes, code) => {
		const directory = scratch();
		const url = await serve(staticFile(() => bytes));
		await expect(fetchToFile(await world(), { url, ...wanted }, directory)).rejects.toMatchObject(
			codeOf(code),
		);
		expect(readdirSync(directory)).toEqual([]);
	});

	test('that is missing is reported as such', async () => {
		const url = await serve((_, response) => response.writeHead(404).end());
		await expect(fetchToFile(await world(), { url, ...wanted }, scratch())).rejects.toMatchObject(
			codeOf('file-missing'),
		);
	});

	/** Sends this much of each response, then closes the connection. */
	function breaking(after: number, inner: Answer, asked: string[]): Answer {
		return (request, response) => {
			asked.push(request.headers.range ?? 'all');
			const write = response.end.bind(response);
			response.end = ((bytes: Buffer) => {
				if (bytes.length <= after) return write(bytes);
				response.write(bytes.subarray(0, after), () => response.destroy());
				return response;
			}) as typeof response.end;
			inner(request, response);
		};
	}

	test.each([
		['with an ETag', wanted],
		['of unknown digest', { limit: LIMIT }],
	])('%s resumes where the connection broke', async (_, known) => {
		const asked: string[] = [];
		const url = await serve(
			breaking(
				100_000,
				staticFile(() => NOISE),
				asked,
			),
		);
		const file = await fetchToFile(await world(), { url, ...known }, scratch());
		expect(file.sha256).toBe(wanted.sha256);
		expect(asked[0]).toBe('all');
		expect(asked.length).toBeGreaterThan(2);
		expect(asked.slice(1).every((range) => /^bytes=\d+-$/.test(range))).toBe(true);
	});

	test('that changed in between is downloaded from the start', async () => {
		const asked: string[] = [];
		let version = 0;
		const old = Buffer.alloc(NOISE.length, 'o');
		const file = staticFile(
			() => (version === 1 ? old : NOISE),
			() => `"${version}"`,
		);
		const url = await serve((request, response) => {
			version += 1;
			if (version === 1) breaking(100_000, file, asked)(request, response);
			else file(request, response);
		});
		expect((await fetchToFile(await world(), { url, limit: LIMIT }, scratch())).sha256).toBe(wanted.sha256);
	});

	test('from a server without range support starts over', async () => {
		let asked = 0;
		const whole: Answer = (_, response) => response.writeHead(200).end(NOISE);
		const url = await serve((request, response) =>
			++asked === 1 ? breaking(100_000, whole, [])(request, response) : whole(request, response),
		);
		expect((await fetchToFile(await world(), { url, ...wanted }, scratch())).sha256).toBe(wanted.sha256);
		expect(asked).toBe(2);
	});

	test.each([
		['another range', 'bytes 5-299999/300000'],
		['no range', undefined],
	])('from a server that sends %s is refused', async (_, range) => {
		const directory = scratch();
		writeFileSync(join(directory, `${wanted.sha256}.part`), NOISE.subarray(0, 1000));
		const url = await serve((_request, response) =>
			response.writeHead(206, range === undefined ? {} : { 'content-range': range }).end('x'),
		);
		await expect(fetchToFile(await world(), { url, ...wanted }, directory)).rejects.toMatchObject(
			codeOf('source-refused', why('range')),
		);
		expect(readdirSync(directory)).toEqual([]);
	});

	test('is kept in part when the connection fails, and resumed by the next process', async () => {
		const directory = scratch();
		const asked: string[] = [];
		const url = await serve((request, response) => {
			if (asked.length === 0)
				breaking(
					100_000,
					staticFile(() => NOISE),
					asked,
				)(request, response);
			else {
				asked.push(request.headers.range ?? 'all');
				response.writeHead(503).end();
			}
		});
		await expect(fetchToFile(await world(), { url, ...wanted }, directory)).rejects.toMatchObject(
			codeOf('source-unreachable'),
		);
		expect(readdirSync(directory)).toEqual([`${wanted.sha256}.part`]);
		const { size } = statSync(join(directory, `${wanted.sha256}.part`));
		expect(size).toBeGreaterThan(0);
		const ranges: string[] = [];
		const again = await serve(
			breaking(
				LIMIT,
				staticFile(() => NOISE),
				ranges,
			),
		);
		await fetchToFile(await world(), { url: again, ...wanted }, directory);
		expect(ranges).toEqual([`bytes=${size}-`]);
		expect(readdirSync(directory)).toEqual([wanted.sha256]);
	});

	test.each([
		['other bytes', Buffer.alloc(150_000, 'e')],
		['more bytes than the file has', Buffer.alloc(400_000)],
		['as many bytes but other ones', Buffer.alloc(NOISE.length)],
	])(
		'of which an earlier attempt left %s is downloaded again; a server that resumes it is refused by digest',
		async (_, left) => {
			const directory = scratch();
			const part = join(directory, `${wanted.sha256}.part`);
			writeFileSync(part, left);
			const url = await serve(staticFile(() => NOISE));
			expect((await fetchToFile(await world(), { url, ...wanted }, directory)).sha256).toBe(wanted.sha256);
			writeFileSync(part, left);
			const evil = await serve(staticFile(() => Buffer.concat([left, NOISE]).subarray(0, NOISE.length)));
			await expect(fetchToFile(await world(), { url: evil, ...wanted }, directory)).rejects.toMatchObject(
				codeOf('file-changed'),
			);
			expect(existsSync(part)).toBe(false);
		},
	);
});

describe('a proxy', () => {
	test('is used if configured, for http and https URLs', async () => {
		const asked: string[] = [];
		const port = await answeringServer((request, response) => {
			asked.push(`${request.method} ${request.url}`);
			response.end('from the proxy');
		});
		const of = await world({ settings: { proxy: `http://127.0.0.1:${port}` } });
		expect(String(await fetchBytes(of, { url: 'http://releases.example.org/a', limit: 100 }))).toBe(
			'from the proxy',
		);
		await expect(fetchBytes(of, { url: 'https://releases.example.org/a', limit: 100 })).rejects.toMatchObject(
			codeOf('source-unreachable'),
		);
		expect(asked[0]).toBe('GET http://releases.example.org/a');
	});
});
