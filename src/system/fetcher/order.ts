/** A pending order: counts what arrives for it, and passes it on. */
import {
	type Fault,
	type FetchOrder,
	type Frame,
	type Head,
	ProtocolViolation,
} from '../../model/publication/fetch-protocol.ts';

/** Receives the bytes of one order. An error that it throws ends the order. */
export interface Sink {
	/** Called first and once; `from` is 0 or the offset of the order. */
	head(head: Head): void;
	/** Never more than the order's limit in total. `bytes` are valid until it returns. */
	bytes(bytes: Buffer): void;
}

export type GetEnd = { readonly kind: 'done' } | { readonly kind: 'fault'; readonly fault: Fault };

/** A frame that answers an order. */
export type AnswerFrame = Exclude<Frame, { readonly kind: 'ready' | 'entry' }>;

export class PendingOrder {
	readonly order: FetchOrder;
	readonly ended: Promise<GetEnd>;
	readonly #settle: (end: GetEnd) => void;
	readonly #fail: (thrown: unknown) => void;
	/** Undefined after the caller has stopped waiting: what still arrives is counted and dropped. */
	#sink: Sink | undefined;
	/** Bytes that may still arrive; undefined before the head. */
	#left: number | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(order: FetchOrder, sink: Sink) {
		this.order = order;
		this.#sink = sink;
		const { promise, resolve, reject } = Promise.withResolvers<GetEnd>();
		this.ended = promise;
		this.#settle = resolve;
		this.#fail = reject;
	}

	/** Starts a limit of this many milliseconds; `late` is called when it has passed. */
	limit(milliseconds: number, late: () => void): void {
		this.#timer = setTimeout(late, milliseconds);
	}

	/**
	 * Handles one frame of the answer. Returns whether it was the last; `refused` when the sink threw. Throws
	 * ProtocolViolation.
	 */
	take(frame: AnswerFrame): 'more' | 'last' | 'refused' {
		switch (frame.kind) {
			case 'head': {
				const { from } = frame.head;
				if (this.#left !== undefined) throw new ProtocolViolation('two heads for one order');
				if (from !== 0 && from !== this.order.from)
					throw new ProtocolViolation('a part that was not requested');
				this.#left = this.order.limit - from;
				return this.#hand((sink) => sink.head(frame.head));
			}
			case 'bytes':
				if (this.#left === undefined || frame.bytes.length > this.#left)
					throw new ProtocolViolation('more bytes than requested');
				this.#left -= frame.bytes.length;
				return this.#hand((sink) => sink.bytes(frame.bytes));
			case 'end':
				if (this.#left === undefined) throw new ProtocolViolation('an end without a beginning');
				this.settle({ kind: 'done' });
				return 'last';
			case 'fault':
				this.settle({ kind: 'fault', fault: frame.fault });
				return 'last';
		}
	}

	/** Reports the end to the caller; later frames are dropped. */
	settle(end: GetEnd): void {
		this.#part();
		this.#settle(end);
	}

	fail(thrown: unknown): void {
		this.#part();
		this.#fail(thrown);
	}

	#part(): void {
		clearTimeout(this.#timer);
		this.#sink = undefined;
	}

	/** Runs the caller's sink; an error that it throws ends only its own order. */
	#hand(act: (sink: Sink) => void): 'more' | 'refused' {
		if (this.#sink === undefined) return 'more';
		try {
			act(this.#sink);
			return 'more';
		} catch (thrown) {
			this.fail(thrown);
			return 'refused';
		}
	}
}
