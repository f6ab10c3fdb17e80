import { usage } from '../../../terminal/subcommand.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox release` in the list of commands; bin/signalbox starts the program `author` for it. */
export const release: Subcommand<Common> = {
	name: 'release',
	summary: 'for authors, off the box: build, sign and publish releases (signalbox release --help)',
	args: [['[words...]', 'the author’s command and its arguments']],
	options: [],
	examples: [
		{ line: 'signalbox release --help', what: 'the commands of authors' },
		{ line: 'signalbox release verify --json', what: 'verify what is published, as a box does' },
	],
	parse() {
		throw usage(
			'cannot use --root or --config: releases are built off the box',
			'write signalbox release first, then its options',
		);
	},
	run: async () => 0,
};
