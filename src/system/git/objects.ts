/**
 * Reads objects of the store as root. git delivers the bytes through a pipe; only sizes and hashes computed
 * here are trusted, because git may run as another user.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { problem } from '../../model/base/error.ts';
import { type PipedChild, startChild } from '../process/child.ts';
import { signalGroup } from '../process/group.ts';
import { toolMissing } from '../process/run-tool.ts';
import { environment, type GitRemote, gitCommand, type ObjectId } from './command.ts';

export interface ObjectHeader {
	readonly type: string;
	readonly size: number;
}

/** Receives an object piece by piece. The part of `chunks` that it does not read is still read and hashed. */
export type OnObject<T> = (header: ObjectHeader, chunks: AsyncIterable<Buffer>) => Promise<T>;

/** Maximum bytes of the line before an object, which holds an id, a type and a size. */
const LINE_MAX = 4096;
const HEADER = /^([0-9a-f]+) (\w+) (\d{1,15})$/;

/** One `git cat-file --batch` process. The caller of open() closes it. */
export class GitObjects {
	readonly #child: PipedChild;
	readonly #reader: BatchReader;
	readonly #limit: NodeJS.Timeout;

	static async open(remote: GitRemote): Promise<GitObjects> {
		const { program, args } = gitCommand(remote, [`--git-dir=${remote.store}`, 'cat-file', '--batch']);
		const child = startChild({
			program,
			args,
			cwd: '/',
			env: environment(remote),
			stdio: ['pipe', 'pipe', 'ignore'],
			group: 'own',
		});
		await new Promise<void>((resolve, reject) => {
			child.once('spawn', resolve);
			child.once('error', () => reject(toolMissing(program)));
		});
		return new GitObjects(child, remote.timeout);
	}

	private constructor(child: PipedChild, timeout: number) {
		this.#child = child;
		this.#reader = new BatchReader(child.stdout);
		this.#limit = setTimeout(() => this.close(), timeout);
		child.stdin.on('error', () => undefined);
	}

	/** Requests objects; `next` returns them in this order. */
	ask(ids: readonly ObjectId[]): void {
		this.#child.stdin.write(ids.map((id) => `${id}\n`).join(''));
	}

	/**
	 * Reads the next requested object. Throws `state-damaged` if its bytes do not match its id, after
	 * `onObject` has received them.
	 */
	async next<T>(id: ObjectId, onObject: OnObject<T>): Promise<T> {
		const header = await this.#reader.line();
		const [, name, type, digits] = HEADER.exec(header) ?? [];
		if (name !== id || type === undefined || digits === undefined) throw damaged(header);
		const size = Number(digits);
		const hash = createHash(id.length === 40 ? 'sha1' : 'sha256').update(`${type} ${size}\0`);
		const chunks = this.#reader.chunks(size, (piece) => hash.update(piece));
		const result = await onObject({ type, size }, chunks);
		for await (const _ of chunks);
		if (hash.digest('hex') !== id) throw damaged(`what it gives as ${id} is something else`);
		if ((await this.#reader.line()) !== '') throw damaged(`${id} is longer than it says`);
		return result;
	}

	close(): void {
		clearTimeout(this.#limit);
		endGroupOf(this.#child);
		this.#child.stdin.destroy();
		this.#child.stdout.destroy();
	}
}

function endGroupOf({ pid }: PipedChild): void {
	if (pid !== undefined) signalGroup(pid, 'SIGKILL');
}

/** Returns a reader of whole objects of at most `limit` bytes. */
export function wholeObject(limit: number): OnObject<{ readonly type: string; readonly bytes: Buffer }> {
	return async ({ type, size }, chunks) => {
		if (size > limit) throw damaged(`an object of ${size} bytes, where ${limit} are the most`);
		const pieces: Buffer[] = [];
		for await (const chunk of chunks) pieces.push(chunk);
		return { type, bytes: Buffer.concat(pieces) };
	};
}

/** Reads one object of at most `limit` bytes. */
export async function readObject(
	remote: GitRemote,
	id: ObjectId,
	limit: number,
): Promise<{ readonly type: string; readonly bytes: Buffer }> {
	const objects = await GitObjects.open(remote);
	try {
		objects.ask([id]);
		return await objects.next(id, wholeObject(limit));
	} finally {
		objects.close();
	}
}

/** Parses the output of `cat-file --batch`: a line, as many bytes as it announces, and a line end. */
class BatchReader {
	readonly #pieces: AsyncIterator<Buffer>;
	#left: Buffer = Buffer.alloc(0);

	constructor(stream: Readable) {
		this.#pieces = stream[Symbol.asyncIterator]();
	}

	async line(): Promise<string> {
		while (!this.#left.includes(0x0a)) {
			if (this.#left.length > LINE_MAX) throw damaged('it says too much');
			await this.#more();
		}
		const end = this.#left.indexOf(0x0a);
		const line = this.#left.toString('utf8', 0, end);
		this.#left = this.#left.subarray(end + 1);
		return line;
	}

	/** A second loop can continue where the first one stopped. */
	chunks(size: number, onPiece: (piece: Buffer) => void): AsyncIterable<Buffer> {
		let left = size;
		const next = async (): Promise<IteratorResult<Buffer>> => {
			if (left === 0) return { done: true, value: undefined };
			if (this.#left.length === 0) await this.#more();
			const piece = this.#left.subarray(0, left);
			this.#left = this.#left.subarray(piece.length);
			left -= piece.length;
			onPiece(piece);
			return { done: false, value: piece };
		};
		return { [Symbol.asyncIterator]: () => ({ next }) };
	}

	async #more(): Promise<void> {
		const piece = await this.#pieces.next().catch(() => ({ done: true, value: undefined }) as const);
		if (piece.done === true) throw damaged('it ended early');
		this.#left = this.#left.length === 0 ? piece.value : Buffer.concat([this.#left, piece.value]);
	}
}

/** The error for a store whose objects are missing or damaged. */
export function damaged(facts: string): Error {
	return problem(
		'state-damaged',
		'cannot read the store: git does not give the objects it fetched',
		'remove store.git in the state directory: it is fetched anew',
		{
			facts: { git: facts.slice(0, 200) },
		},
	);
}
