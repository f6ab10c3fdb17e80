import { usage } from '../../../terminal/subcommand.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox demo` in the list of commands; bin/signalbox starts the program `demo` for it (src/demo/). */
export const demo: Subcommand<Common> = {
	name: 'demo',
	summary: 'demonstrate an update, a bad release and its rollback on this machine',
	args: [['[words...]', 'options of the demo']],
	options: [],
	examples: [
		{
			line: 'signalbox demo',
			what: 'takes a few seconds, in a temporary directory that is removed at the end',
		},
		{ line: 'signalbox demo --help', what: 'the options of the demo' },
	],
	parse() {
		throw usage(
			'cannot use --root or --config: the demo creates its own',
			'write signalbox demo first, then its options',
		);
	},
	run: async () => 0,
};
