/** Reads blobs out of the store, piece by piece: git never writes them to disk itself. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { problem } from '../model/error.ts';
import { environment, type GitRemote, hardening, type ObjectId } from './git-command.ts';
import { toolMissing } from './run-tool.ts';

/**
 * Reads blobs of the store in this order; `onBlob` must read each `chunks` to its end. Nothing is held in memory but the
 * piece at hand.
 */
export async function readBlobs(
	remote: GitRemote,
	ids: readonly ObjectId[],
	onBlob: (index: number, size: number, chunks: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
	const child = spawn('git', [...hardening(remote), `--git-dir=${remote.store}`, 'cat-file', '--batch'], {
		env: environment(remote),
		stdio: ['pipe', 'pipe', 'ignore'],
		timeout: remote.timeout,
	});
	const started = new Promise<void>((resolve, reject) => {
		child.once('spawn', resolve);
		child.once('error', () => reject(toolMissing('git')));
	});
	await started;
	try {
		feed(child.stdin, ids);
		await readBatch(child, ids, onBlob);
	} finally {
		child.kill('SIGKILL');
	}
}

function feed(stdin: Writable, ids: readonly ObjectId[]): void {
	stdin.on('error', () => undefined);
	stdin.end(ids.map((id) => `${id}\n`).join(''));
}

async function readBatch(
	child: ChildProcessByStdio<Writable, Readable, null>,
	ids: readonly ObjectId[],
	onBlob: (index: number, size: number, chunks: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
	const reader = new BatchReader(child.stdout);
	for (const [index, id] of ids.entries()) {
		const header = await reader.line();
		const [name, type, size] = header.split(' ');
		if (name !== id || type !== 'blob' || size === undefined) throw damaged(header);
		await onBlob(index, Number(size), reader.chunks(Number(size)));
		await reader.skip(1);
	}
}

/** Takes `cat-file --batch` apart: a line, then as many bytes as it says, then a line end. */
class BatchReader {
	readonly #pieces: AsyncIterator<Buffer>;
	#left: Buffer = Buffer.alloc(0);

	constructor(stream: Readable) {
		this.#pieces = stream[Symbol.asyncIterator]();
	}

	async line(): Promise<string> {
		while (!this.#left.includes(0x0a)) await this.#more();
		const end = this.#left.indexOf(0x0a);
		const line = this.#left.toString('utf8', 0, end);
		this.#left = this.#left.subarray(end + 1);
		return line;
	}

	async *chunks(size: number): AsyncIterable<Buffer> {
		for (let left = size; left > 0; ) {
			if (this.#left.length === 0) await this.#more();
			const piece = this.#left.subarray(0, left);
			this.#left = this.#left.subarray(piece.length);
			left -= piece.length;
			yield piece;
		}
	}

	async skip(count: number): Promise<void> {
		for await (const _ of this.chunks(count));
	}

	async #more(): Promise<void> {
		const piece = await this.#pieces.next();
		if (piece.done === true) throw damaged('it ended early');
		this.#left = this.#left.length === 0 ? piece.value : Buffer.concat([this.#left, piece.value]);
	}
}

function damaged(facts: string): Error {
	return problem(
		'state-damaged',
		'cannot read the store: git does not give the objects it fetched',
		'remove store.git in the state directory: it is fetched anew',
		{
			facts: { git: facts.slice(0, 200) },
		},
	);
}
