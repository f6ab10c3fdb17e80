/** Asks a port once: it must take a connection, and need not say a word. */
import { connect } from 'node:net';
import type { Question } from '../../model/config/probe.ts';

/** Returns what is wrong, or an empty text. */
export function askTcp({ host, port }: Extract<Question, { kind: 'tcp' }>, timeout: number): Promise<string> {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout });
		socket.once('connect', () => resolve(''));
		socket.once('timeout', () => resolve(`it took no connection within ${timeout} ms`));
		socket.once('error', (thrown) =>
			resolve(`it takes no connection: ${'code' in thrown ? thrown.code : thrown.message}`),
		);
	});
}
