import { usage } from '../../../terminal/subcommand.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox release`: stands in the list of commands; bin/signalbox starts the author’s program for it (src/author/). */
export const release: Subcommand<Common> = {
	name: 'release',
	summary: 'for authors, off the box: build, sign and publish releases (signalbox release --help)',
	args: [['[words...]', 'the author’s command and what it takes']],
	options: [],
	examples: [
		{ line: 'signalbox release --help', what: 'the commands of authors' },
		{ line: 'signalbox release verify --json', what: 'look at what is published as a box does' },
	],
	parse() {
		throw usage(
			'cannot take a root or a configuration: releases are built off the box',
			'write signalbox release first, and its options behind it',
		);
	},
	run: async () => 0,
};
