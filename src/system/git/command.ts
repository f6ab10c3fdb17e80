/**
 * The real git, hardened (design §4): an environment of nothing, one protocol, no hooks, no helpers, no
 * checkout ever.
 */
import { dirname } from 'node:path';
import type { ClockSense } from '../../model/base/earliest-time.ts';
import { TOOL_OF } from '../process/group.ts';
import { runTool, type ToolEnd, toolMissing } from '../process/run-tool.ts';
import { type Account, type SandboxedCommand, sandboxed } from '../process/sandbox.ts';

/** A git object's name: 40 or 64 hexadecimal digits. */
export type ObjectId = string;

export const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

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
	/** Who runs git, and whose the store is; left out, or undefined: the one who runs us. */
	readonly account?: () => Account | undefined;
	/** PATH of git's own helpers. */
	readonly path: readonly string[];
	/** Limit of one transfer in milliseconds. */
	readonly timeout: number;
	/** Aborting it ends a transfer. */
	readonly signal?: AbortSignal | undefined;
	/** Whether the wall clock can be right: no certificate is valid by one that is not. */
	readonly clock: () => ClockSense;
}

/** Returns a URL for people: without the name and password that may stand in it. */
export function publicUrl(url: string): string {
	return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/, '$1');
}

/** Whether a command works on the store or before there is one. */
export type Place = 'store' | 'none';

/** Runs one git command to its end. */
export async function git(
	remote: GitRemote,
	args: readonly string[],
	place: Place,
	onStderr?: (piece: string) => void,
): Promise<ToolEnd> {
	const where = place === 'store' ? [`--git-dir=${remote.store}`] : [];
	const end = await runTool({
		...gitCommand(remote, [...where, ...args]),
		cwd: '/',
		env: environment(remote),
		timeout: remote.timeout,
		...(onStderr === undefined ? {} : { onStderr }),
	});
	// Said by prlimit, which cannot find the program it is to start.
	if (end.kind === 'failed' && end.exitCode === 127 && end.stderr.includes('failed to execute'))
		throw toolMissing('git');
	return end;
}

/** Returns the hardened command, as execa and spawn start it. */
export function gitCommand(remote: GitRemote, args: readonly string[]): SandboxedCommand {
	const [program = 'git', ...sandbox] = gitWords(remote);
	return { program, args: [...sandbox, ...hardening(remote), ...args] };
}

/** Returns the words that start git: as its account, without any of our rights. */
export function gitWords(remote: GitRemote): readonly string[] {
	const account = remote.account?.();
	if (account === undefined) return ['git'];
	const { program, args } = sandboxed(['git'], { account, processes: 4096, openFiles: 1024 });
	return [program, ...args];
}

/** Returns the arguments that come before any command. */
export function hardening(remote: GitRemote): readonly string[] {
	return settingsOf(remote).flatMap((setting) => ['-c', setting]);
}

/** Returns the settings of every git, each as `key=value`. */
export function settingsOf(remote: GitRemote): readonly string[] {
	return [...SETTINGS, `protocol.${protocolOf(remote.url)}.allow=always`];
}

/** Returns the whole environment of git: nothing of ours. */
export function environment(remote: GitRemote): Record<string, string> {
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
