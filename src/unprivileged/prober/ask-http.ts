/** Asks a URL once. Redirects are not followed: where one is expected, its status is. */
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { Question } from '../../model/config/probe.ts';

/** How much of an answer is read for the text that should be in it; an endless one ends there. */
const BODY_MAX_BYTES = 256 * 1024;
const HEADER_MAX_BYTES = 16 * 1024;

/** Returns what is wrong, or an empty text. Headers, body and all must come within `timeout` milliseconds. */
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
			: 'its answer lacks the text that should be in it';
	} catch (thrown) {
		return limit.aborted
			? `it did not answer within ${timeout} ms`
			: `it cannot be asked: ${sentenceOf(thrown)}`;
	}
}

function answerOf(url: string, signal: AbortSignal): Promise<IncomingMessage> {
	const get = url.startsWith('https:') ? getSecure : getPlain;
	const headers = { 'user-agent': 'signalbox', accept: '*/*', connection: 'close' };
	return new Promise((resolve, reject) => {
		get(url, { agent: false, headers, signal, maxHeaderSize: HEADER_MAX_BYTES }, resolve).on('error', reject);
	});
}

/** The text may lie across two pieces, so all that was read is looked through. */
async function holds(answer: IncomingMessage, text: string): Promise<boolean> {
	let read = Buffer.alloc(0);
	for await (const piece of answer) {
		read = Buffer.concat([read, piece]).subarray(0, BODY_MAX_BYTES);
		if (read.includes(text)) return true;
		if (read.length === BODY_MAX_BYTES) return false;
	}
	return false;
}

/** Where a name has several addresses, Node throws all their errors as one without a message. */
function sentenceOf(thrown: unknown): string {
	if (thrown instanceof AggregateError) return sentenceOf(thrown.errors[0]);
	return thrown instanceof Error ? thrown.message : String(thrown);
}
