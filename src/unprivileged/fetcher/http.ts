/**
 * Downloads one file over HTTP; the only file that opens a connection. It decompresses nothing, keeps no
 * cookies and follows only allowed redirects.
 */
import { Agent, type Dispatcher, errors, ProxyAgent } from 'undici';
import {
	type Fault,
	type FetchLimits,
	type FetchOrder,
	type FetchSettings,
	type Head,
	isEtag,
} from '../../model/publication/fetch-protocol.ts';
import { nextHop } from './redirect.ts';

const HEADERS_MAX_BYTES = 32 * 1024;
const REDIRECTS_MAX = 5;

/** An order that cannot be executed, with the reason. */
export class Failed extends Error {
	readonly fault: Fault;

	constructor(fault: Fault, cause?: unknown) {
		super(fault.kind, { cause });
		this.name = 'Failed';
		this.fault = fault;
	}
}

export interface Answer {
	readonly head: Head;
	/** The requested part of the file; reading it throws Failed. */
	readonly body: AsyncIterable<Buffer>;
}

/** The network with one set of limits. */
export class Web {
	readonly #dispatcher: Dispatcher;
	readonly #limits: FetchLimits;
	readonly #redirects: readonly string[];

	constructor({ proxy, redirects, certificates, limits, parallel }: FetchSettings) {
		this.#limits = limits;
		this.#redirects = redirects;
		const connect = { timeout: limits.connect, ...(certificates === null ? {} : { ca: certificates }) };
		const options = {
			connect,
			connections: parallel,
			pipelining: 1,
			allowH2: false,
			useMilo: false,
			headersTimeout: limits.answer,
			bodyTimeout: limits.idle,
			maxHeaderSize: HEADERS_MAX_BYTES,
		};
		this.#dispatcher =
			proxy === null
				? new Agent(options)
				: new ProxyAgent({ ...options, uri: proxy, requestTls: connect, proxyTls: connect });
	}

	/** Requests the file from the offset in the order, with a limited number of redirects. Throws Failed. */
	async open(order: FetchOrder, stop: AbortSignal): Promise<Answer> {
		const late = new AbortController();
		const timer = setTimeout(() => late.abort(), this.#limits.answer);
		try {
			const response = await this.#follow(order, AbortSignal.any([stop, late.signal]));
			return { head: headOf(order, response), body: bodyOf(response) };
		} catch (thrown) {
			if (thrown instanceof Failed) throw thrown;
			throw new Failed(late.signal.aborted ? { kind: 'slow', why: 'answer' } : faultOf(thrown), thrown);
		} finally {
			clearTimeout(timer);
		}
	}

	async #follow(order: FetchOrder, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
		const first = urlOf(order.url);
		for (let url = first, hops = 0; ; hops += 1) {
			const response = await this.#ask(url, order, signal);
			const { location } = response.headers;
			if (![301, 302, 303, 307, 308].includes(response.statusCode)) return response;
			discard(response);
			if (hops === REDIRECTS_MAX) throw new Failed({ kind: 'redirect', why: 'many' });
			const hop = nextHop(url, typeof location === 'string' ? location : undefined, [
				first.origin,
				...this.#redirects,
			]);
			if (hop.kind === 'refused') throw new Failed({ kind: 'redirect', why: hop.why });
			url = hop.url;
		}
	}

	async #ask(url: URL, { from, etag }: FetchOrder, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
		const rest =
			from === 0 ? {} : { range: `bytes=${from}-`, ...(etag === null ? {} : { 'if-range': etag }) };
		const headers = { 'user-agent': 'signalbox', accept: '*/*', 'accept-encoding': 'identity', ...rest };
		return await this.#dispatcher.request({
			origin: url.origin,
			path: `${url.pathname}${url.search}`,
			method: 'GET',
			headers,
			signal,
		});
	}
}

function urlOf(text: string): URL {
	const url = URL.parse(text);
	const isPlain =
		url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
	if (!isPlain) throw new Failed({ kind: 'url', why: '' });
	return url;
}

/** Throws Failed for an answer that is not the file, or not the requested part of it. */
function headOf(order: FetchOrder, response: Dispatcher.ResponseData): Head {
	const fault = faultIn(order, response);
	if (fault !== undefined) {
		discard(response);
		throw new Failed(fault);
	}
	const { etag } = response.headers;
	return { from: response.statusCode === 206 ? order.from : 0, etag: isEtag(etag) ? etag : null };
}

function faultIn(
	{ from, limit }: FetchOrder,
	{ statusCode, headers }: Dispatcher.ResponseData,
): Fault | undefined {
	const isWhole = statusCode === 200;
	if (!isWhole && !(statusCode === 206 && from > 0)) return { kind: 'status', why: String(statusCode) };
	const { 'content-encoding': encoding = 'identity', 'content-length': length } = headers;
	if (encoding !== 'identity') return { kind: 'answer', why: 'encoding' };
	const range = /^bytes (\d+)-/.exec(String(headers['content-range']));
	if (!isWhole && Number(range?.[1] ?? -1) !== from) return { kind: 'answer', why: 'range' };
	return Number(length ?? 0) > limit - (isWhole ? 0 : from) ? { kind: 'long', why: '' } : undefined;
}

async function* bodyOf({ body }: Dispatcher.ResponseData): AsyncIterable<Buffer> {
	try {
		for await (const piece of body) yield piece;
	} catch (thrown) {
		const fault = faultOf(thrown);
		throw new Failed(fault.kind === 'unreachable' ? { kind: 'cut', why: '' } : fault, thrown);
	}
}

/** Discards a body that is not read; it may be endless. */
function discard({ body }: Dispatcher.ResponseData): void {
	body.on('error', () => undefined);
	body.destroy();
}

const SLOW: Readonly<Record<string, Fault>> = {
	UND_ERR_CONNECT_TIMEOUT: { kind: 'slow', why: 'connect' },
	UND_ERR_HEADERS_TIMEOUT: { kind: 'slow', why: 'answer' },
	UND_ERR_BODY_TIMEOUT: { kind: 'slow', why: 'idle' },
	UND_ERR_HEADERS_OVERFLOW: { kind: 'answer', why: 'headers' },
	UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { kind: 'cut', why: '' },
	UND_ERR_INVALID_ARG: { kind: 'url', why: '' },
};

function faultOf(thrown: unknown): Fault {
	const code = codeOf(thrown);
	const fault = SLOW[code];
	if (fault !== undefined) return fault;
	if (thrown instanceof errors.HTTPParserError) return { kind: 'answer', why: 'malformed' };
	return { kind: /CERT|SIGNATURE/.test(code) ? 'certificate' : 'unreachable', why: code };
}

/** The error of a proxy has the real one as its cause. */
function codeOf(thrown: unknown): string {
	if (!(thrown instanceof Error)) return 'UNKNOWN';
	const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
	if (/^UND_ERR_PRX/.test(code) && thrown.cause instanceof Error) return codeOf(thrown.cause);
	return /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'UNKNOWN';
}
