import { usage } from '../../../terminal/subcommand.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox demo` in the list of commands; bin/signalbox starts the program `demo` for it (src/demo/). */
export const demo: Subcommand<Common> = {
	name: 'demo',
	summary: 'show everything on this machine: a box, its releases, an update, a bad release, the rollback',
	args: [['[words...]', 'the options of the demo']],
	options: [],
	examples: [
		{ line: 'signalbox demo', what: 'a few seconds, in a temporary directory that is removed at the end' },
		{ line: 'signalbox demo --help', what: 'what the demo can be told' },
	],
	parse() {
		throw usage(
			'cannot take a root or a configuration: the demo makes its own',
			'write signalbox demo first, and its options behind it',
		);
	},
	run: async () => 0,
};
