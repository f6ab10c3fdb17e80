/**
 * The real git, hardened (specs/trust.md §3, design §4): an environment of nothing, one protocol, no hooks, no helpers,
 * no checkout ever. Fetched objects land in a bare store; blobs are read from it, never written by git.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { problem } from '../model/error.ts';
import { TOOL_OF } from './process-group.ts';
import { runTool, type ToolEnd, toolMissing } from './run-tool.ts';

/** A git object's name: 40 or 64 hexadecimal digits. */
export type ObjectId = string;

const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

const SETTINGS: readonly string[] = [
	'core.hooksPath=/dev/null',
	'core.fsmonitor=false',
	'core.symlinks=false',
	'core.protectHFS=true',
	'core.protectNTFS=true',
	'core.attributesFile=/dev/null',
	'credential.helper=',
	'transfer.fsckObjects=true',
	'fetch.fsckObjects=true',
	'protocol.allow=never',
	'transfer.bundleURI=false',
	'transfer.credentialsInUrl=die',
	'submodule.recurse=false',
	'http.followRedirects=false',
	'http.lowSpeedLimit=1000',
	'http.lowSpeedTime=30',
	'gc.auto=0',
	'maintenance.auto=false',
	'safe.bareRepository=explicit',
];

/** A git store and the one place it fetches from. */
export interface GitRemote {
	/** The bare store, in the state directory of those who run it. */
	readonly store: string;
	/** Root's own configuration names it: https, http, ssh or file URL, or an absolute path. */
	readonly url: string;
	/** PATH of git's own helpers. */
	readonly path: readonly string[];
	/** Limit of one transfer in milliseconds. */
	readonly timeout: number;
}

/** Makes the bare store if it is not there. */
export async function makeStore(remote: GitRemote): Promise<void> {
	const end = await git(remote, ['init', '--quiet', '--bare', '--template=', '--', remote.store], 'none');
	if (end.kind !== 'done') throw storeProblem(remote, end);
}

/** Returns the refs of the remote that match these patterns, with what they point at. One request. */
export async function listRemote(remote: GitRemote, patterns: readonly string[]): Promise<ReadonlyMap<string, ObjectId>> {
	const end = await git(remote, ['ls-remote', '--refs', '--', remote.url, ...patterns], 'none');
	if (end.kind !== 'done') throw remoteProblem(remote, end);
	const refs = new Map<string, ObjectId>();
	for (const line of end.stdout.split('\n')) {
		const [id, ref] = line.split('\t');
		if (id !== undefined && ref !== undefined && OBJECT_ID.test(id)) refs.set(ref, id);
	}
	return refs;
}

/**
 * Fetches exactly one ref, one commit deep, and keeps it in the store as `as`. `onProgress` gets 0 to 100. The caller sees to it
 * that nobody else uses the store.
 */
export async function fetchRef(remote: GitRemote, ref: string, as: string, onProgress: (percent: number) => void): Promise<void> {
	const options = ['--no-tags', '--depth=1', '--force', '--progress', '--no-write-fetch-head', '--no-auto-gc', '--no-recurse-submodules'];
	sweep(remote.store);
	const end = await git(remote, ['fetch', ...options, '--', remote.url, `+${ref}:${as}`], 'store', (piece) => {
		const percent = /Receiving objects:\s+(\d+)%/.exec(piece)?.[1];
		if (percent !== undefined) onProgress(Number(percent));
	});
	if (end.kind === 'done') return;
	sweep(remote.store);
	throw remoteProblem(remote, end);
}

/** Removes what a git that was killed has left: locks, which would be in the way for ever, and halves of packs. */
function sweep(store: string): void {
	const rubbish = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((name) => /\.lock$|(^|\/)tmp_/.test(name));
	for (const name of rubbish) rmSync(join(store, name), { recursive: true, force: true });
}

/** Returns the commit that a ref of the store leads to, or undefined when it is not there whole. */
export async function commitOf(remote: GitRemote, ref: string): Promise<ObjectId | undefined> {
	const end = await git(remote, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], 'store');
	const id = end.kind === 'done' ? end.stdout.trim() : '';
	return OBJECT_ID.test(id) ? id : undefined;
}

/** Returns what a ref of the store points at itself: the tag object of an annotated tag. */
export async function objectAt(remote: GitRemote, ref: string): Promise<ObjectId | undefined> {
	const end = await git(remote, ['rev-parse', '--verify', '--quiet', '--end-of-options', ref], 'store');
	const id = end.kind === 'done' ? end.stdout.trim() : '';
	return OBJECT_ID.test(id) ? id : undefined;
}

export interface TreeEntry {
	readonly mode: string;
	readonly type: string;
	readonly id: ObjectId;
	/** Bytes; 0 for what is no blob. */
	readonly size: number;
	readonly path: string;
}

/** Returns the whole tree of a commit, or the part below `path`. Trust: modes and paths are the source's. */
export async function listTree(remote: GitRemote, commit: ObjectId, path?: string): Promise<readonly TreeEntry[]> {
	const end = await git(remote, ['ls-tree', '-r', '-z', '-l', '--full-tree', commit, ...(path === undefined ? [] : ['--', path])], 'store');
	if (end.kind !== 'done') throw storeProblem(remote, end);
	return end.stdout.split('\0').flatMap((line) => {
		const [, mode, type, id, size, name] = /^(\d{6}) (\w+) ([0-9a-f]+)\s+(\d+|-)\t(.*)$/s.exec(line) ?? [];
		if (mode === undefined || type === undefined || id === undefined || name === undefined) return [];
		return [{ mode, type, id, size: size === '-' ? 0 : Number(size), path: name }];
	});
}

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

type Place = 'store' | 'none';

async function git(remote: GitRemote, args: readonly string[], place: Place, onStderr?: (piece: string) => void): Promise<ToolEnd> {
	const where = place === 'store' ? [`--git-dir=${remote.store}`] : [];
	return await runTool({
		program: 'git',
		args: [...hardening(remote), ...where, ...args],
		env: environment(remote),
		timeout: remote.timeout,
		...(onStderr === undefined ? {} : { onStderr }),
	});
}

function hardening(remote: GitRemote): readonly string[] {
	return [...SETTINGS, `protocol.${protocolOf(remote.url)}.allow=always`].flatMap((setting) => ['-c', setting]);
}

function environment(remote: GitRemote): Record<string, string> {
	return {
		PATH: remote.path.join(':'),
		HOME: '/nonexistent',
		LC_ALL: 'C',
		GIT_CONFIG_NOSYSTEM: '1',
		GIT_CONFIG_GLOBAL: '/dev/null',
		GIT_ATTR_NOSYSTEM: '1',
		GIT_TERMINAL_PROMPT: '0',
		GIT_ASKPASS: '/bin/false',
		SSH_ASKPASS: '/bin/false',
		GIT_ALLOW_PROTOCOL: protocolOf(remote.url),
		GIT_PROTOCOL_FROM_USER: '0',
		GIT_TEMPLATE_DIR: '',
		GIT_NO_REPLACE_OBJECTS: '1',
		GIT_LFS_SKIP_SMUDGE: '1',
		GIT_NO_LAZY_FETCH: '1',
		[TOOL_OF]: dirname(remote.store),
	};
}

/** Returns the one protocol that root's configuration names: no other is spoken, whatever the remote says. */
export function protocolOf(url: string): string {
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1];
	return scheme ?? (url.startsWith('/') ? 'file' : 'ssh');
}

function storeProblem(remote: GitRemote, end: ToolEnd): Error {
	return problem(
		'io-error',
		'cannot use the store of fetched releases',
		'look at the facts; the store may be removed, it is fetched anew',
		{
			facts: { store: remote.store, ...factsOf(end) },
			retry: 'later',
		},
	);
}

function remoteProblem(remote: GitRemote, end: ToolEnd): Error {
	const facts = { url: remote.url, ...factsOf(end) };
	if (end.kind === 'timed-out') {
		const message = `cannot read the source: it did not answer within ${remote.timeout / 1000} s`;
		return problem('source-timeout', message, 'ask again later, or raise source.timeout', { facts, retry: 'later' });
	}
	if (/fsck error/.test(facts.git)) {
		const hint = 'ask its author to publish a release of plain files';
		return problem('content-refused', 'cannot take what the source sent: git finds it malformed or malicious', hint, { facts });
	}
	if (/dubious ownership/.test(facts.git)) {
		return problem(
			'source-refused',
			'cannot read the source: its repository belongs to another user',
			'serve it over HTTP, or give it to root',
			{ facts },
		);
	}
	return problem(
		'source-unreachable',
		`cannot read the source ${remote.url}`,
		'look at the network, the URL and the facts, then ask again',
		{
			facts,
			retry: 'later',
		},
	);
}

function factsOf(end: ToolEnd): { readonly git: string } {
	return { git: end.kind === 'done' ? '' : end.stderr.trim().slice(-500) };
}
