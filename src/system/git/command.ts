/**
 * Hardened git commands (design §4): an environment built from scratch, one protocol, no hooks, no helpers,
 * no checkouts.
 */
import { dirname } from 'node:path';
import type { ClockSense } from '../../model/base/earliest-time.ts';
import { TOOL_OF } from '../process/group.ts';
import { runTool, type ToolEnd, toolMissing } from '../process/run-tool.ts';
import { type Account, type SandboxedCommand, sandboxed } from '../process/sandbox.ts';

/** A git object id: 40 or 64 hexadecimal digits. */
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

/** A git store and the only remote that it fetches from. */
export interface GitRemote {
	/** The bare store, in the state directory of the caller. */
	readonly store: string;
	/** Comes from root's own configuration: an https, http, ssh or file URL, or an absolute path. */
	readonly url: string;
	/** The user who runs git and owns the store; the caller if omitted or undefined. */
	readonly account?: () => Account | undefined;
	/** PATH for git and its helpers. */
	readonly path: readonly string[];
	/** Time limit of one transfer in milliseconds. */
	readonly timeout: number;
	/** Aborts a transfer. */
	readonly signal?: AbortSignal | undefined;
	/** Whether the wall clock is plausible; with a clock that is not set, no certificate is valid. */
	readonly clock: () => ClockSense;
}

/** Returns a URL for messages, without a user name and password. */
export function publicUrl(url: string): string {
	return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/, '$1');
}

/** Whether a command needs the store or runs before it exists. */
export type Place = 'store' | 'none';

/** Runs one git command until it exits. */
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
	// This message is from prlimit, which cannot find the program to start.
	if (end.kind === 'failed' && end.exitCode === 127 && end.stderr.includes('failed to execute'))
		throw toolMissing('git');
	return end;
}

/** Returns the hardened command in the form that execa and spawn take. */
export function gitCommand(remote: GitRemote, args: readonly string[]): SandboxedCommand {
	const [program = 'git', ...sandbox] = gitWords(remote);
	return { program, args: [...sandbox, ...hardening(remote), ...args] };
}

/** Returns the command that starts git as its account, without root's capabilities. */
export function gitWords(remote: GitRemote): readonly string[] {
	const account = remote.account?.();
	if (account === undefined) return ['git'];
	const { program, args } = sandboxed(['git'], { account, processes: 4096, openFiles: 1024 });
	return [program, ...args];
}

/** Returns the arguments that precede every subcommand. */
function hardening(remote: GitRemote): readonly string[] {
	return settingsOf(remote).flatMap((setting) => ['-c', setting]);
}

/** Returns the settings for every git command, each as `key=value`. */
export function settingsOf(remote: GitRemote): readonly string[] {
	return [...SETTINGS, `protocol.${protocolOf(remote.url)}.allow=always`];
}

/** Returns the whole environment of git; the caller's is not inherited. */
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

/** Returns the one protocol of the configured URL. git may use no other, whatever the remote says. */
export function protocolOf(url: string): string {
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1];
	return scheme ?? (url.startsWith('/') ? 'file' : 'ssh');
}
