import type { SignalName } from '../../../model/signal.ts';
import { isGiven, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { endedBefore, endOfChange } from '../end-of-change.ts';
import { ringAndFollow } from '../follow.ts';
import { publicLayout } from '../place.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface RollbackOptions extends Common {
	readonly consent: 'given' | 'asked for';
}

/** `signalbox rollback`: brings the release before the installed one back, with its data. */
export const rollback: Subcommand<RollbackOptions> = {
	name: 'rollback',
	summary: 'bring back the release that was installed before, with its data',
	args: [],
	options: [['--yes', 'do not ask first']],
	examples: [
		{ line: 'signalbox rollback', what: 'ask, go back, and follow it to its end' },
		{ line: 'signalbox rollback --yes --json', what: 'the same from a script' },
	],
	parse: (given, common) => ({ ...common, consent: isGiven(given, 'yes') === 'yes' ? 'given' : 'asked for' }),
	async run(options, world) {
		const layout = publicLayout(options, world);
		if (options.consent === 'asked for') await askFirst(world);
		const before = endedBefore(layout);
		return endOfChange(await ringAndFollow(layout, 'rollback' as SignalName, '', world), layout, before, options.output, world);
	},
};

async function askFirst(world: World): Promise<void> {
	const answer = await world.ask('Go back to the release before this one? What changed since the update is lost with it. [y/N] ');
	if (answer === undefined) throw usage('cannot ask whether to go back: there is no terminal', 'say --yes');
	if (!/^y(es)?$/i.test(answer.trim())) throw usage('nothing was done: the answer was not yes', 'answer y, or say --yes');
}
