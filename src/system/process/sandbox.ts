/**
 * Starts programs without root's rights: another user, no groups, no capabilities and no way to gain any,
 * small limits, and killed when their parent dies. A program of an ordinary user keeps that user and gets the
 * other restrictions.
 */
export interface Account {
	readonly uid: number;
	readonly gid: number;
}

export interface SandboxLimits {
	/** Undefined: the caller's own user, who is not root. */
	readonly account: Account | undefined;
	/** Maximum bytes of data; no limit if omitted. Node reserves about 600 MB for code that it never writes. */
	readonly data?: number;
	/** Maximum size of a file that it writes, in bytes; no limit if omitted. */
	readonly file?: number;
	/** Maximum number of processes and threads of its user; applied only if the account is set. */
	readonly processes: number;
	readonly openFiles: number;
}

export interface SandboxedCommand {
	readonly program: string;
	readonly args: readonly string[];
}

/**
 * Returns the sandboxed command, built on setpriv and prlimit of util-linux. The command looks up its own
 * PATH.
 */
export function sandboxed(
	command: readonly string[],
	{ account, data, file, processes, openFiles }: SandboxLimits,
): SandboxedCommand {
	const rights = [
		'--no-new-privs',
		'--pdeathsig',
		'KILL',
		...(account === undefined ? [] : changeTo(account)),
	];
	const limits = [
		'--core=0',
		...(data === undefined ? [] : [`--data=${data}`]),
		...(file === undefined ? [] : [`--fsize=${file}`]),
		`--nofile=${openFiles}`,
		...(account === undefined ? [] : [`--nproc=${processes}`]),
	];
	return { program: 'setpriv', args: [...rights, '--', 'prlimit', ...limits, '--', ...command] };
}

function changeTo({ uid, gid }: Account): readonly string[] {
	return [
		`--reuid=${uid}`,
		`--regid=${gid}`,
		'--clear-groups',
		'--bounding-set=-all',
		'--inh-caps=-all',
		'--ambient-caps=-all',
	];
}
