/**
 * Whatever a server sends, byte by byte: each order ends, within its limits, and the one child that reads all
 * of it goes on.
 */
import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Head } from '../../../src/model/publication/fetch-protocol.ts';
import type { Sink } from '../../../src/system/fetcher/order.ts';
import type { Fetcher } from '../../../src/system/fetcher/process.ts';
import { fetcherForTest } from '../../box/sources/fetcher.ts';
import { listen } from '../../box/sources/servers.ts';
import { patience, rounds } from '../../fuzz.ts';

const LIMIT = 2000;
const AT_ONCE = 8;
const HASTY = { connect: 1000, answer: 300, idle: 150, rate: 1, window: 1000 };

/** What one connection brings. One that `stays` open may cost its limit, so they are few. */
interface Sent {
	readonly bytes: Buffer;
	readonly after: 'ends' | 'resets' | 'stays';
}

const number = fc.oneof(
	fc.nat(3000).map(String),
	fc.constantFrom(
		'-1',
		'0x10',
		'1e3',
		'+5',
		' 5',
		'5, 5',
		'5, 6',
		'99999999999999999999',
		'9007199254740993',
		'NaN',
		'',
		'00010',
		'5\u0000',
	),
);
const header = fc.oneof(
	number.map((value) => `Content-Length: ${value}`),
	fc.tuple(number, number, number).map(([from, to, all]) => `Content-Range: bytes ${from}-${to}/${all}`),
	fc
		.constantFrom('bytes */10', 'bytes 0-', 'lines 5-9/10', 'bytes 10-', '')
		.map((value) => `Content-Range: ${value}`),
	fc
		.constantFrom('chunked', 'chunked, chunked', 'gzip, chunked', 'identity', 'CHUNKED', 'x', '')
		.map((value) => `Transfer-Encoding: ${value}`),
	fc
		.constantFrom('gzip', 'br', 'identity', 'identity, gzip', '')
		.map((value) => `Content-Encoding: ${value}`),
	fc
		.constantFrom('/again', '//evil.invalid/', 'file:///etc/passwd', 'http://', '\\\\x', '/%00', '/ä', '?')
		.map((value) => `Location: ${value}`),
	fc.constantFrom('"a"', 'W/"a"', 'a', `"${'x'.repeat(300)}"`, '"\u0001"').map((value) => `ETag: ${value}`),
	fc.constantFrom('close', 'keep-alive', 'upgrade', 'x').map((value) => `Connection: ${value}`),
	fc.constantFrom(
		' folded',
		': nameless',
		'no colon',
		'X : y',
		`X: ${'y'.repeat(40_000)}`,
		'X: \u0000',
		'Upgrade: h2c',
		'Trailer: ETag',
	),
	fc.string({ maxLength: 30 }),
);
const status = fc.oneof(
	{ weight: 6, arbitrary: fc.constantFrom('200 OK', '206 Partial Content') },
	fc.constantFrom(
		'301 x',
		'302 x',
		'308 x',
		'404 x',
		'416 x',
		'503 x',
		'100 Continue',
		'101 Upgrade',
		'204 x',
		'304 x',
		'000 x',
		'1000 x',
		'20',
		'',
	),
);
const version = fc.oneof(
	{ weight: 8, arbitrary: fc.constant('HTTP/1.1') },
	fc.constantFrom('HTTP/1.0', 'HTTP/2', 'HTTP/1.1 ', 'ICY', ''),
);
const body = fc.oneof(
	fc.nat(LIMIT + 500).map((length) => 'x'.repeat(length)),
	fc
		.array(
			fc.tuple(
				fc.constantFrom('5', '0', 'a', '-1', 'ffffffffffffffff', '5;x=y', 'zz', ''),
				fc.string({ maxLength: 12 }),
			),
			{
				maxLength: 5,
			},
		)
		.map((chunks) => chunks.map(([length, text]) => `${length}\r\n${text}\r\n`).join('')),
	fc.string({ unit: 'binary', maxLength: 100 }),
);
const lineEnd = fc.oneof(
	{ weight: 8, arbitrary: fc.constant('\r\n') },
	fc.constantFrom('\n', '\r', '\r\r\n', '\0\r\n'),
);

const answer: fc.Arbitrary<Sent> = fc.record({
	bytes: fc.oneof(
		{
			weight: 8,
			arbitrary: fc
				.tuple(version, status, fc.array(header, { maxLength: 5 }), body, lineEnd, fc.nat(9))
				.map(([protocol, code, headers, text, end, cut]) => {
					const whole = Buffer.from([`${protocol} ${code}`, ...headers, '', text].join(end), 'latin1');
					return cut === 0 ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
				}),
		},
		fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
	),
	after: fc.oneof(
		{ weight: 20, arbitrary: fc.constant('ends' as const) },
		{ weight: 3, arbitrary: fc.constant('resets' as const) },
		fc.constant('stays' as const),
	),
});

/** Answers the Nth path with the Nth of what is to be sent; `/good` well. */
function serve(sent: readonly Sent[]) {
	return createServer((socket) => {
		socket.once('data', (request: Buffer) => {
			const path = /^GET \/(\S*)/.exec(request.toString('latin1'))?.[1] ?? '';
			const one = sent[Number(path)];
			if (one === undefined) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
			else send(socket, one);
		});
	});
}

function send(socket: Socket, { bytes, after }: Sent): void {
	// Now and then it comes in two pieces.
	const half = Math.floor(bytes.length / 2);
	socket.write(bytes.subarray(0, half));
	setImmediate(() => {
		socket.write(bytes.subarray(half));
		if (after === 'ends') socket.end();
		else if (after === 'resets') socket.resetAndDestroy();
	});
}

test('broken answers', { timeout: patience(60_000) }, async () => {
	const { seed, numRuns } = rounds(500);
	const sent = fc.sample(answer, { seed, numRuns });
	const url = `http://127.0.0.1:${await listen(serve(sent))}`;
	const fetcher = await fetcherForTest({ settings: { parallel: AT_ONCE }, limits: HASTY });
	const ends: Record<string, number> = {};
	const ask = async (index: number) => {
		const from = index % 3 === 0 ? 5 : 0;
		let [bytes, head] = [0, undefined as Head | undefined];
		const sink: Sink = {
			head: (said) => {
				head = said;
			},
			bytes: (piece) => {
				bytes += piece.length;
			},
		};
		const end = await fetcher.get(
			{ url: `${url}/${index}`, from, etag: from === 0 ? null : '"a"', limit: LIMIT },
			sink,
		);
		const what = `answer ${index}: ${JSON.stringify(sent[index]?.bytes.toString('latin1').slice(0, 300))}`;
		expect(bytes + (head?.from ?? 0), what).toBeLessThanOrEqual(LIMIT);
		expect([undefined, 0, from], what).toContain(head?.from);
		const kind = end.kind === 'done' ? 'done' : end.fault.kind;
		ends[kind] = (ends[kind] ?? 0) + 1;
		if (end.kind === 'done') expect(head, what).toBeDefined();
	};
	const waiting = [...sent.keys()];
	const work = async () => {
		for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await ask(index);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));

	// The generator must not have become one of rubbish alone.
	for (const kind of ['done', 'cut', 'long', 'answer', 'status', 'redirect', 'slow'])
		expect(ends[kind] ?? 0, `${kind} of ${JSON.stringify(ends)}`).toBeGreaterThan(0);
	expect(await goodFrom(fetcher, url)).toBe('good');
});

/** A busy machine may be slower than the limits of this test. */
async function goodFrom(fetcher: Fetcher, url: string): Promise<string> {
	for (let tries = 0; tries < 20; tries += 1) {
		const pieces: Buffer[] = [];
		const sink: Sink = { head: () => undefined, bytes: (piece) => void pieces.push(Buffer.from(piece)) };
		const end = await fetcher.get({ url: `${url}/good`, from: 0, etag: null, limit: LIMIT }, sink);
		if (end.kind === 'done') return String(Buffer.concat(pieces));
	}
	return 'none';
}
