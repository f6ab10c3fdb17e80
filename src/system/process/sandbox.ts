/**
 * Programs that root starts without any right of root's: another user, no group, no capability and no way to
 * one, small limits, and no life after their parent's. An ordinary user's programs stay that user's, with the
 * rest of it.
 */
export interface Account {
	readonly uid: number;
	readonly gid: number;
}

export interface SandboxLimits {
	/** Undefined: the one who runs us, who is not root. */
	readonly account: Account | undefined;
	/**
	 * Bytes of data that it may have; left out: no limit. Node reserves some 600 MB of it for code that it
	 * never writes.
	 */
	readonly data?: number;
	/** Bytes of the largest file that it may write; left out: no limit. */
	readonly file?: number;
	/** The most processes and threads of its user, where the user is its own. */
	readonly processes: number;
	readonly openFiles: number;
}

export interface SandboxedCommand {
	readonly program: string;
	readonly args: readonly string[];
}

/**
 * Returns the command that runs `command` so (setpriv and prlimit of util-linux). What it needs of PATH is
 * its own business.
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
