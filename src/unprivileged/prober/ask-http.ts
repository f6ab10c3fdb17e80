/** Requests a URL once. Redirects are not followed: a probe can expect their status. */
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { Question } from '../../model/config/probe.ts';

/** Bytes of the answer that are searched for the expected text. */
const BODY_MAX_BYTES = 256 * 1024;
const HEADER_MAX_BYTES = 16 * 1024;

/** Returns the complaint, or an empty text. Headers and body must arrive within `timeout` milliseconds. */
export async function askHttp(
	{ url, status, body }: Extract<Question, { kind: 'http' }>,
	timeout: number,
): Promise<string> {
	const limit = AbortSignal.timeout(timeout);
	try {
		const answer = await answerOf(url, limit);
		if (answer.statusCode !== status) return `it answered ${answer.statusCode}, not ${status}`;
		return body === null || (await holds(answer, body))
			? ''
			: 'its answer does not contain the expected text';
	} catch (thrown) {
		return limit.aborted
			? `it did not answer within ${timeout} ms`
			: `it cannot be reached: ${sentenceOf(thrown)}`;
	}
}

function answerOf(url: string, signal: AbortSignal): Promise<IncomingMessage> {
	const get = url.startsWith('https:') ? getSecure : getPlain;
	const headers = { 'user-agent': 'signalbox', accept: '*/*', connection: 'close' };
	return new Promise((resolve, reject) => {
		get(url, { agent: false, headers, signal, maxHeaderSize: HEADER_MAX_BYTES }, resolve).on('error', reject);
	});
}

/** Searches everything read so far, because the text may be split across two pieces. */
async function holds(answer: IncomingMessage, text: string): Promise<boolean> {
	let read = Buffer.alloc(0);
	for await (const piece of answer) {
		read = Buffer.concat([read, piece]).subarray(0, BODY_MAX_BYTES);
		if (read.includes(text)) return true;
		if (read.length === BODY_MAX_BYTES) return false;
	}
	return false;
}

/** For a name with several addresses Node throws one AggregateError without a message. */
function sentenceOf(thrown: unknown): string {
	if (thrown instanceof AggregateError) return sentenceOf(thrown.errors[0]);
	return thrown instanceof Error ? thrown.message : String(thrown);
}
