import { askUpdate, tagGiven, type UpdateRequest } from '../ask/update.ts';
import type { Subcommand } from '../subcommand.ts';

/** `signalbox retry`: as `update`, for a release that failed on this box and is left alone since. */
export const retry: Subcommand<UpdateRequest> = {
	name: 'retry',
	summary: 'try a release that failed before once more, now, and follow it to its end',
	args: [['[tag]', 'the release; default: the newest']],
	options: [],
	examples: [
		{
			line: 'signalbox retry',
			what: 'after the cause was mended: as update, without waiting until the release is tried by itself',
		},
		{ line: 'signalbox retry v1.2.3 --json', what: 'one release, and one JSON object at the end' },
	],
	parse: (given, common) => ({ ...common, to: tagGiven(given.args[0], 'the release') }),
	run: (request, world) => askUpdate(request, 'passed-over', world),
};
