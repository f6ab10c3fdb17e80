import { textOf } from '../../../terminal/subcommand.ts';
import { askUpdate, tagGiven, type UpdateRequest } from '../ask/update.ts';
import type { Subcommand } from '../subcommand.ts';

/** `signalbox update`: requests an update and follows it to its end. */
export const update: Subcommand<UpdateRequest> = {
	name: 'update',
	summary: 'update step by step to the newest release, and follow it to its end',
	args: [],
	options: [['--to <tag>', 'update to this release; default: the newest']],
	examples: [
		{
			line: 'signalbox update',
			what: 'to the newest release; exit code 0 only if it was committed or there was nothing to do',
		},
		{ line: 'signalbox update --to v1.2.3 --json', what: 'to one release, with one JSON object at the end' },
	],
	parse: (given, common) => ({ ...common, to: tagGiven(textOf(given, 'to'), '--to') }),
	run: (request, world) => askUpdate(request, 'respected', world),
};
