/** Connects to a port once: it must accept the connection, and need not send anything. */
import { connect } from 'node:net';
import type { Question } from '../../model/config/probe.ts';

/** Returns the complaint, or an empty text. */
export function askTcp({ host, port }: Extract<Question, { kind: 'tcp' }>, timeout: number): Promise<string> {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout });
		socket.once('connect', () => resolve(''));
		socket.once('timeout', () => resolve(`it did not accept a connection within ${timeout} ms`));
		socket.once('error', (thrown) =>
			resolve(`it does not accept connections: ${'code' in thrown ? thrown.code : thrown.message}`),
		);
	});
}
