/** The command that asks one question over the network, without any of root's rights. */
import type { Question } from '../../../model/config/probe.ts';
import { findClosed } from '../../../system/access/readable-by.ts';
import { nodeProgram, programPath } from '../../../system/process/program.ts';
import { type Account, type SandboxedCommand, sandboxed } from '../../../system/process/sandbox.ts';

export type NetworkQuestion = Extract<Question, { kind: 'http' | 'tcp' }>;

/** The user `nobody`, which has the same number on every machine. */
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/** `nobody` may run other services, and their threads count too: the limit only stops a fork bomb. */
const LIMITS = { processes: 4096, openFiles: 256 };

/** The whole environment, apart from the compile cache: none of root's is passed on. */
export const PROBER_ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' };

/** Returns the user the prober runs as; undefined: the caller is an ordinary user and keeps its own. */
function proberAccount(): Account | undefined {
	return process.geteuid?.() === 0 ? NOBODY : undefined;
}

/** Returns the prober's command; `timeout` is the milliseconds that the answer may take. */
export function proberCommand(question: NetworkQuestion, timeout: number): SandboxedCommand {
	const node = [nodeProgram, programPath('prober'), JSON.stringify(question), String(timeout)];
	return sandboxed(node, { account: proberAccount(), ...LIMITS });
}

/** Returns the first path that the prober's user cannot read although the prober needs it, or undefined. */
export function closedToProber(): string | undefined {
	const account = proberAccount();
	if (account === undefined) return undefined;
	return findClosed(nodeProgram, account) ?? findClosed(programPath('prober'), account);
}
