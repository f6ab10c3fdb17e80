/** Runs a command: arguments in, exit code out. Every error ends here as one sentence with a hint. */

import { recordOf } from '../model/base/error.ts';
import { EXIT } from '../model/base/error-codes.ts';
import { installedVersion } from '../system/process/version.ts';
import { type CommandProgram, readCommandLine } from './command-line.ts';
import { endWithError } from './print.ts';
import type { Output } from './subcommand.ts';
import type { World } from './world.ts';

/** Runs the command with the arguments after the program's name. Returns the exit code; never throws. */
export async function runCommand<Common extends Output>(
	words: readonly string[],
	program: CommandProgram<Common>,
	world: World,
): Promise<number> {
	// Looked for before parsing: an error in the arguments must already be printed as JSON.
	const output: Output['output'] = words.includes('--json') ? 'json' : 'text';
	try {
		const asked = readCommandLine(words, program, installedVersion(), world.out.columns());
		if (asked.kind === 'run') return await asked.run(world);
		const sink = asked.why === 'asked' ? world.out : world.err;
		sink.write(asked.text);
		return asked.why === 'asked' ? EXIT.done : EXIT.usage;
	} catch (thrown) {
		return endWithError(recordOf(thrown), output, world);
	}
}
