/**
 * Root's side of reading an archive: an unprivileged child reports the entries, and root applies the same
 * rules to each report. The caller has checked the digest of the archive before any byte of it is parsed.
 */
import { problem } from '../../model/base/error.ts';
import {
	ARCHIVE_VIOLATIONS,
	type ArchiveEntry,
	type ArchiveLimits,
	ArchiveRules,
	type Packing,
} from '../../model/publication/archive.ts';
import {
	type Fault,
	type Frame,
	FrameReader,
	ProtocolViolation,
} from '../../model/publication/fetch-protocol.ts';
import { removeOtherOwnerDirectory } from '../access/other-owner-directory.ts';
import type { ChildProcess } from '../process/child.ts';
import { signalGroup } from '../process/group.ts';
import type { Account } from '../process/sandbox.ts';
import { failed, notStarted, startUntrusted } from './child.ts';
import { makeHome } from './home.ts';

export interface OpenArchive {
	/** The archive, open for reading at its start. */
	readonly fd: number;
	readonly packing: Packing;
	readonly limits: ArchiveLimits;
	/** Milliseconds for the whole archive. */
	readonly timeout: number;
}

export interface ArchiveNeeds extends OpenArchive {
	/** The program: src/unprivileged/fetcher/unpack. */
	readonly program: string;
	readonly state: string;
	readonly account: Account | undefined;
}

/**
 * Called for each entry in the order of the archive; parents need not come before their children. The
 * `chunks` of a file end with its size.
 */
export type OnArchiveEntry = (entry: ArchiveEntry, chunks: AsyncIterable<Buffer>) => Promise<void>;

/** How long the child may be silent, in milliseconds. */
const SILENCE = 60_000;

/**
 * Reads an archive to its end. Throws `archive-refused` for forbidden content, also after entries were
 * delivered: the caller then removes what it made of them. Throws `fetcher-unready`, `fetcher-failed`, and
 * what `onEntry` throws.
 */
export async function readArchive(needs: ArchiveNeeds, onEntry: OnArchiveEntry): Promise<void> {
	const home = makeHome(needs.state, needs.account);
	const child = startUntrusted(
		{ ...needs, args: [needs.packing, JSON.stringify(needs.limits)], input: needs.fd, programs: 'some' },
		home,
	);
	const kill = () => {
		if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
	};
	const said = tailOf(child);
	const limit = setTimeout(kill, needs.timeout);
	let isReady = false;
	try {
		const frames = new Frames(child, kill);
		if ((await frames.next()).kind !== 'ready') throw new ProtocolViolation('it spoke before it was ready');
		isReady = true;
		await readEntries(frames, new ArchiveRules(needs.limits), onEntry);
	} catch (thrown) {
		if (!(thrown instanceof ProtocolViolation)) throw thrown;
		throw isReady ? failed(thrown.message, said()) : notStarted(needs, thrown.message, said());
	} finally {
		clearTimeout(limit);
		kill();
		child.stdout?.destroy();
		removeOtherOwnerDirectory(home);
	}
}

async function readEntries(frames: Frames, rules: ArchiveRules, onEntry: OnArchiveEntry): Promise<void> {
	for (let frame = await frames.next(); frame.kind !== 'end'; frame = await frames.next()) {
		if (frame.kind === 'fault') throw refused(frame.fault);
		if (frame.kind !== 'entry') throw new ProtocolViolation('something else than an entry');
		const admission = rules.admit(frame.entry);
		if (admission.kind === 'refused')
			throw new ProtocolViolation(`a forbidden entry: ${ARCHIVE_VIOLATIONS[admission.why]}`);
		const { entry } = admission;
		const contents = contentsOf(frames, entry.kind === 'file' ? entry.size : 0);
		await onEntry(entry, contents());
		// Skips what the caller did not read.
		for await (const _ of contents());
	}
}

/**
 * Exactly the bytes of one file. A second reader continues where the first one stopped.
 */
function contentsOf(frames: Frames, size: number): () => AsyncIterable<Buffer> {
	let left = size;
	return async function* () {
		while (left > 0) {
			const frame = await frames.next();
			if (frame.kind === 'fault') throw refused(frame.fault);
			if (frame.kind !== 'bytes' || frame.bytes.length > left)
				throw new ProtocolViolation('more or fewer bytes than the entry has');
			left -= frame.bytes.length;
			yield frame.bytes;
		}
	};
}

/** Reads the frames of a child one at a time, with a limit on its silence. */
class Frames {
	readonly #pieces: AsyncIterator<Buffer>;
	readonly #reader = new FrameReader();
	readonly #kill: () => void;
	#whole: Frame[] = [];

	constructor(child: ChildProcess, kill: () => void) {
		// The child is started with a pipe.
		this.#pieces = (child.stdout as NonNullable<ChildProcess['stdout']>)[Symbol.asyncIterator]();
		this.#kill = kill;
	}

	/** Throws ProtocolViolation when the child has ended. */
	async next(): Promise<Frame> {
		for (;;) {
			const frame = this.#whole.shift();
			if (frame !== undefined) return frame;
			const silence = setTimeout(this.#kill, SILENCE);
			const piece = await this.#pieces.next().finally(() => clearTimeout(silence));
			if (piece.done === true) throw new ProtocolViolation('it ended');
			this.#whole = [...this.#reader.take(piece.value)];
		}
	}
}

function refused(fault: Fault): Error {
	if (fault.kind !== 'archive') return new ProtocolViolation('a fault of another kind');
	const path = JSON.stringify(fault.path.replaceAll(/[^\x20-\x7E]/g, '?'));
	const what = fault.path === '' ? '' : `: ${path}`;
	return problem(
		'archive-refused',
		`cannot use this archive${what}: ${ARCHIVE_VIOLATIONS[fault.why]}`,
		'ask its author for an archive of plain files',
		{
			facts: { trap: fault.why, path: fault.path.slice(0, 200) },
		},
	);
}

function tailOf(child: ChildProcess): () => string {
	let said = '';
	child.stderr?.on('data', (piece: Buffer) => {
		said = (said + piece.toString('latin1')).slice(-2000);
	});
	child.once('error', () => undefined);
	return () => said;
}
