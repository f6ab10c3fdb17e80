/**
 * The updater's side of the fetcher: starts it unprivileged, sends orders, and trusts none of the answers.
 * The first violation of the protocol ends it.
 */

import { errnoOf } from '../../model/base/errno.ts';
import {
	type FetchOrder,
	type Frame,
	FrameReader,
	ProtocolViolation,
	totalLimit,
} from '../../model/publication/fetch-protocol.ts';
import { removeOtherOwnerDirectory } from '../access/other-owner-directory.ts';
import type { ChildProcess } from '../process/child.ts';
import { signalGroup } from '../process/group.ts';
import { type FetcherNeeds, failed, notStarted, startUntrusted } from './child.ts';
import { makeHome } from './home.ts';
import { type AnswerFrame, type GetEnd, PendingOrder, type Sink } from './order.ts';

/** How long starting and ending may take, in milliseconds. */
const START = 30_000;
const ENDING = 2000;
/** Tolerance beyond its own limits, in milliseconds. */
const SLACK = 15_000;
/** Node fires a timer of more milliseconds immediately. */
const LONGEST_TIMER = 2 ** 31 - 1;
const LAST_WORDS = 2000;

export class Fetcher {
	readonly #needs: FetcherNeeds;
	readonly #home: string;
	readonly #child: ChildProcess;
	readonly #reader = new FrameReader();
	/** Orders sent to the child, by id, and orders waiting for their turn. */
	readonly #underWay = new Map<number, PendingOrder>();
	readonly #waiting: PendingOrder[] = [];
	/** How it ended. */
	readonly #exited: Promise<string>;
	readonly #ready = Promise.withResolvers<void>();
	#state: 'starting' | 'ready' | 'over' = 'starting';
	/** Why the fetcher is no longer usable. */
	#why: Error | undefined;
	/** Fires after too long a silence. */
	#silence: NodeJS.Timeout;
	#lastId = 0;
	#said = '';

	private constructor(needs: FetcherNeeds) {
		this.#needs = needs;
		this.#home = makeHome(needs.state, needs.account);
		this.#child = startUntrusted({ ...needs, args: [], input: 'pipe', programs: 'none' }, this.#home);
		this.#silence = setTimeout(() => this.#over(`it was not ready within ${START} ms`), START);
		this.#exited = endOf(this.#child);
		void this.#exited.then((how) => this.#over(how));
		this.#child.stdin?.on('error', () => undefined);
		this.#child.stderr?.on('data', (piece: Buffer) => {
			this.#said = (this.#said + piece.toString('latin1')).slice(-LAST_WORDS);
		});
		this.#child.stdout?.on('data', (piece: Buffer) => this.#hear(piece));
	}

	/**
	 * Starts the child, and returns when it is ready. Throws `fetcher-unready` when it cannot run, and
	 * `fetcher-failed`.
	 */
	static async start(needs: FetcherNeeds): Promise<Fetcher> {
		const fetcher = new Fetcher(needs);
		try {
			await fetcher.#ready.promise;
			return fetcher;
		} catch (thrown) {
			await fetcher.end();
			throw thrown;
		}
	}

	/** The pid of the child, and of its process group. */
	get pid(): number | undefined {
		return this.#child.pid;
	}

	/**
	 * Gets one file, without retries. Throws `fetcher-failed`, and what the sink throws. Any number of calls
	 * may run concurrently.
	 */
	async get(wanted: Omit<FetchOrder, 'id'>, sink: Sink): Promise<GetEnd> {
		if (this.#why !== undefined) throw this.#why;
		this.#lastId += 1;
		const order = new PendingOrder({ id: this.#lastId, ...wanted }, sink);
		this.#waiting.push(order);
		this.#startMore();
		return await order.ended;
	}

	/** Ends the child and removes its directory. Pending orders fail. */
	async end(): Promise<void> {
		this.#child.stdin?.end();
		const limit = setTimeout(() => this.#kill(), ENDING);
		await this.#exited;
		clearTimeout(limit);
		this.#kill();
		removeOtherOwnerDirectory(this.#home);
	}

	#startMore(): void {
		while (this.#underWay.size < this.#needs.settings.parallel) {
			const next = this.#waiting.shift();
			if (next === undefined) return;
			const { order } = next;
			const total = this.#patience() + totalLimit(this.#needs.settings.limits, order.limit);
			next.limit(Math.min(total, LONGEST_TIMER), () => {
				next.settle({ kind: 'fault', fault: { kind: 'slow', why: 'total' } });
				this.#tell({ stop: order.id });
			});
			this.#underWay.set(order.id, next);
			this.#silence.refresh();
			this.#tell(order);
		}
	}

	#tell(line: unknown): void {
		this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
	}

	#hear(piece: Buffer): void {
		this.#silence.refresh();
		try {
			for (const frame of this.#reader.take(piece)) if (this.#state !== 'over') this.#take(frame);
		} catch (thrown) {
			if (!(thrown instanceof ProtocolViolation)) throw thrown;
			this.#over(thrown.message);
		}
	}

	#take(frame: Frame): void {
		if ((frame.kind === 'ready') !== (this.#state === 'starting'))
			throw new ProtocolViolation('it reported ready twice, or never');
		if (frame.kind === 'entry') throw new ProtocolViolation('an entry of no archive');
		if (frame.kind === 'ready') this.#begin();
		else this.#answer(frame);
	}

	#answer(frame: AnswerFrame): void {
		const order = this.#underWay.get(frame.id);
		if (order === undefined) throw new ProtocolViolation('an answer to no order');
		const taken = order.take(frame);
		if (taken === 'refused') this.#tell({ stop: frame.id });
		if (taken !== 'last') return;
		this.#underWay.delete(frame.id);
		this.#startMore();
	}

	#begin(): void {
		this.#state = 'ready';
		clearTimeout(this.#silence);
		this.#silence = setTimeout(() => this.#hearNothing(), this.#patience());
		this.#tell(this.#needs.settings);
		this.#ready.resolve();
	}

	/** Maximum milliseconds between two frames while an order is pending. */
	#patience(): number {
		const { answer, idle, window } = this.#needs.settings.limits;
		return answer + Math.max(idle, window) + SLACK;
	}

	#hearNothing(): void {
		if (this.#underWay.size > 0) this.#over('it fell silent');
	}

	/** Stops trusting the child, and kills it. */
	#over(why: string): void {
		if (this.#state === 'over') return;
		const thrown =
			this.#state === 'ready' ? failed(why, this.#said) : notStarted(this.#needs, why, this.#said);
		this.#state = 'over';
		this.#why = thrown;
		clearTimeout(this.#silence);
		this.#kill();
		this.#ready.reject(thrown);
		for (const order of [...this.#underWay.values(), ...this.#waiting]) order.fail(thrown);
	}

	#kill(): void {
		if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
	}
}

/**
 * Resolves to how it ended once all of its output was read. Processes that it left behind with its output
 * open are not waited for.
 */
function endOf(child: ChildProcess): Promise<string> {
	return new Promise((resolve) => {
		child.once('error', (thrown) => resolve(`it could not be started: ${errnoOf(thrown)}`));
		child.once('exit', (code, signal) => {
			const limit = setTimeout(() => {
				child.stdout?.destroy();
				child.stderr?.destroy();
			}, ENDING);
			child.once('close', () => {
				clearTimeout(limit);
				resolve(signal === null ? `it ended with ${code}` : `it was killed by ${signal}`);
			});
		});
	});
}
