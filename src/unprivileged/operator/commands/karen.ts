import { karenLauncher } from '../../../system/process/program.ts';
import { placeArgs } from '../located-root.ts';
import { runProgram } from '../run-program.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox karen`: runs the watcher in the foreground. */
export const karen: Subcommand<Common> = {
	name: 'karen',
	summary: 'run the watcher, which turns signals into runs, in the foreground',
	args: [],
	options: [],
	examples: [
		{ line: 'signalbox karen', what: 'watch the root of the current directory until Ctrl-C' },
		{ line: 'signalbox --root /citadel karen', what: 'what the ./karen of a release does' },
	],
	parse: (_given, common) => common,
	run: async (common, world) => runProgram(karenLauncher, placeArgs(common, world)),
};
