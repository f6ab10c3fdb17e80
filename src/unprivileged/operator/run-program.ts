/** Runs a program in place of this command: same streams, same exit code. */
import { constants } from 'node:os';
import { EXIT } from '../../model/base/error-codes.ts';
import { startChild } from '../../system/process/child.ts';

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program to its end, passing on the signals this process gets (HUP makes karen reread its
 * configuration). Returns its exit code, or 128 and the number of the Unix signal that ended it.
 */
export async function runProgram(program: string, args: readonly string[]): Promise<number> {
	const child = startChild({ program, args, stdio: ['inherit', 'inherit', 'inherit'], group: 'caller' });
	const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
	for (const signal of PASSED_ON) process.on(signal, passOn);
	try {
		return await new Promise((resolve, reject) => {
			child.once('error', reject);
			child.once('exit', (code, signal) =>
				resolve(code ?? (signal === null ? EXIT.failed : 128 + constants.signals[signal])),
			);
		});
	} finally {
		for (const signal of PASSED_ON) process.off(signal, passOn);
	}
}
