/** Counts the threads of a user on this machine, which is what RLIMIT_NPROC limits (getrlimit(2)). */
import { readdirSync, statSync } from 'node:fs';

export function threadsOf(uid: number): number {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.reduce((sum, pid) => sum + threadsIn(`/proc/${pid}/task`, uid), 0);
}

/** Processes may exit while they are counted. */
function threadsIn(tasks: string, uid: number): number {
	try {
		return statSync(tasks).uid === uid ? readdirSync(tasks).length : 0;
	} catch {
		return 0;
	}
}
