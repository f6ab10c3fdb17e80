import { askUpdate, tagGiven, type UpdateRequest } from '../ask/update.ts';
import type { Subcommand } from '../subcommand.ts';

/** `signalbox retry`: as `update`, but also installs a release that is held back because it failed before. */
export const retry: Subcommand<UpdateRequest> = {
	name: 'retry',
	summary: 'install a release now that is held back because it failed before, and follow it',
	args: [['[tag]', 'the release; default: the newest']],
	options: [],
	examples: [
		{
			line: 'signalbox retry',
			what: 'after repairing the cause: update without waiting for the automatic retry',
		},
		{ line: 'signalbox retry v1.2.3 --json', what: 'one release, with one JSON object at the end' },
	],
	parse: (given, common) => ({ ...common, to: tagGiven(given.args[0], 'the release') }),
	run: (request, world) => askUpdate(request, 'passed-over', world),
};
