import { EXIT } from '../../../model/base/error-codes.ts';
import { printJson, printLine, printTable } from '../../../terminal/print.ts';
import { publicLayout } from '../located-root.ts';
import { readHistory } from '../statuses.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox history`: the changes that have ended. */
export const history: Subcommand<Common> = {
	name: 'history',
	summary: 'list the changes that have ended, newest first',
	args: [],
	options: [],
	examples: [
		{ line: 'signalbox history', what: 'what was updated, when, and how it ended' },
		{ line: "signalbox history --json | jq '.changes[0].error'", what: 'why the last change failed' },
	],
	parse: (_given, common) => common,
	async run(options, world) {
		const changes = readHistory(publicLayout(options, world));
		if (options.output === 'json') printJson(world.out, { schema: 1, changes });
		else if (changes.length === 0) printLine(world.err, 'No change has ended yet.');
		else
			printTable(world.out, [
				['CHANGE', 'ENDED', 'KIND', 'FROM', 'TO', 'OUTCOME', 'WHY'],
				...changes.map((one) => [
					one.change,
					one.endedAt,
					one.kind,
					one.from,
					one.to,
					one.outcome,
					one.error?.code ?? '',
				]),
			]);
		return EXIT.done;
	},
};
