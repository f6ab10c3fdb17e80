/** Executes one order: sends the answer's head, the pieces of its body and an end, or a fault. */
import type { FetchLimits, FetchOrder } from '../../model/publication/fetch-protocol.ts';
import { Failed, type Web } from './http.ts';
import type { Output } from './output.ts';
import { Pace } from './pace.ts';

export async function get(
	order: FetchOrder,
	limits: FetchLimits,
	web: Web,
	output: Output,
	stop: AbortSignal,
): Promise<void> {
	const { id } = order;
	try {
		const { head, body } = await web.open(order, stop);
		await output.write({ kind: 'head', id, head });
		await pass(body, order.limit - head.from, new Pace(limits), (piece) => output.writeBytes(id, piece));
		await output.write({ kind: 'end', id });
	} catch (thrown) {
		if (!(thrown instanceof Failed)) throw thrown;
		await output.write({ kind: 'fault', id, fault: thrown.fault });
	}
}

async function pass(
	body: AsyncIterable<Buffer>,
	room: number,
	pace: Pace,
	on: (piece: Buffer) => Promise<void>,
): Promise<void> {
	let left = room;
	let since = performance.now();
	for await (const piece of body) {
		if (pace.isTooSlow(performance.now() - since, piece.length))
			throw new Failed({ kind: 'slow', why: 'rate' });
		if (piece.length > left) throw new Failed({ kind: 'long', why: '' });
		left -= piece.length;
		await on(piece);
		since = performance.now();
	}
}
