/**
 * An author's environment: a release in git, keys with a passphrase, and the command, which runs in this
 * process.
 */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RELEASE } from '../../src/author/program.ts';
import { runCommand } from '../../src/terminal/run-command.ts';
import { scratch } from '../scratch.ts';
import { type Ran, testWorld } from '../terminal/test-world.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/minimal-release');
export const PASSPHRASE = 'five words chosen by dice';

export interface Author {
	/** Holds the release's git repository, `pass`, `keys`, `published` and its draft. */
	readonly directory: string;
	/** Runs `signalbox release` with these arguments, at the time `now` if given. */
	release(words: readonly string[], now?: number): Promise<Ran>;
	/** Like `release`, but throws unless the exit code is 0. */
	done(words: readonly string[], now?: number): Promise<Ran>;
	/** Commits and tags a release of this version; `change` modifies the tree first. */
	tag(version: string, change?: (tree: string) => void): string;
}

/** Returns an author in a new directory, which is removed after the test. */
export function author(): Author {
	return authorIn(scratch());
}

/** Returns a copy of an author. Keys and releases are slow to make, so the tests of one file share them. */
export function copyOf({ directory }: Author): Author {
	const copy = scratch();
	cpSync(directory, copy, { recursive: true, verbatimSymlinks: true });
	return authorIn(copy);
}

/** Returns an author for a whole test file; `remove` deletes the directory. */
export function lastingAuthor(): Author & { remove(): void } {
	const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
	return { ...authorIn(directory), remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function authorIn(directory: string): Author {
	const tree = join(directory, 'lamp');
	writeFileSync(join(directory, 'pass'), `${PASSPHRASE}\n`, { mode: 0o600 });
	const release = async (words: readonly string[], now?: number) => {
		const world = testWorld({ cwd: directory, ...(now === undefined ? {} : { now }) });
		const exit = await runCommand(words, RELEASE, world);
		return { exit, ...world.said, json: () => JSON.parse(world.said.out) };
	};
	return {
		directory,
		release,
		async done(words, now) {
			const ran = await release(words, now);
			if (ran.exit !== 0) throw new Error(`${words.join(' ')} ended with ${ran.exit}: ${ran.err}${ran.out}`);
			return ran;
		},
		tag(version, change) {
			mkdirSync(tree, { recursive: true });
			cpSync(EXAMPLE, tree, { recursive: true });
			writeFileSync(
				join(tree, 'info.json'),
				`${JSON.stringify({ version, name: `Lamp ${version}`, notes: '', requires: '>=1.0.0' })}\n`,
			);
			change?.(tree);
			if (!existsSync(join(tree, '.git'))) git(tree, 'init', '--quiet', '--initial-branch=main');
			git(tree, 'add', '--all', '--force');
			git(tree, 'commit', '--quiet', '--allow-empty', '--message', version);
			git(tree, 'tag', '--force', `v${version}`);
			return `v${version}`;
		},
	};
}

export function git(tree: string, ...args: readonly string[]): string {
	const identity = ['-c', 'user.name=author', '-c', 'user.email=author@example.org', '-c', 'core.fsync=none'];
	return execFileSync('git', ['-C', tree, ...identity, ...args], {
		encoding: 'utf8',
		env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' },
	});
}

/** Writes a script into a tree. */
export function script(tree: string, path: string, text: string, mode: number): void {
	mkdirSync(join(tree, path, '..'), { recursive: true });
	writeFileSync(join(tree, path), text);
	chmodSync(join(tree, path), mode);
}

export const SECRET = ['--passphrase-file', 'pass'] as const;

/** Signs the draft with these keys and publishes it. */
export async function signAndPublish(who: Author, keys: readonly string[], now?: number): Promise<void> {
	await who.done(['sign', ...SECRET, '--key', ...keys.map((name) => `keys/${name}.pem`)], now);
	await who.done(['publish', ...SECRET, '--key', 'keys/online.pem'], now);
}

/** Publishes a release of this version with the keys of `keygen`. */
export async function publishVersion(
	who: Author,
	version: string,
	now?: number,
	keys = ['targets-1', 'targets-2'],
): Promise<void> {
	await who.done(['build', who.tag(version), '--git', 'lamp', '--product', 'lamp'], now);
	await signAndPublish(who, keys, now);
}

/** Gives an author one key per role and publishes 1.0.0, the starting point of most tests. */
export async function publishFirst(who: Author): Promise<void> {
	await who.done(['keygen', '--small', ...SECRET]);
	await publishVersion(who, '1.0.0', undefined, ['targets']);
}
