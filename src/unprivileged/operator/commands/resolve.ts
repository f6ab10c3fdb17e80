import { problem } from '../../../model/base/error.ts';
import { EXIT } from '../../../model/base/error-codes.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { endWithError, printJson, printLine } from '../../../terminal/print.ts';
import { isGiven, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { keepWhatIsThere } from '../ask/accept-root.ts';
import { ringAndFollow } from '../ask/follow.ts';
import { publicLayout } from '../located-root.ts';
import { endedBefore, endOfChange } from '../print/end-of-change.ts';
import { readChange } from '../statuses.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface ResolveOptions extends Common {
	readonly choice: 'keep' | 'rollback';
}

/** `signalbox resolve`: ends the state in which a rollback that failed, or another hand, has left the box. */
export const resolve: Subcommand<ResolveOptions> = {
	name: 'resolve',
	summary:
		'choose how a box goes on that needs attention, or that another hand changed: roll back, or keep what is there',
	args: [],
	options: [
		['--rollback', 'put the backup back once more'],
		['--keep', 'keep the root as it is; only who runs the root may say so'],
	],
	examples: [
		{
			line: 'signalbox resolve --rollback',
			what: 'after what failed was mended: the release before, with its data',
		},
		{
			line: 'signalbox resolve --keep',
			what: 'the root is well as it is: what its info.json says is installed from now on, an older release too; the backup stays until the next update',
		},
	],
	parse(given, common) {
		const [keep, rollback] = [isGiven(given, 'keep'), isGiven(given, 'rollback')];
		if (keep === rollback) throw usage('cannot resolve without one choice', 'say --rollback or --keep');
		return { ...common, choice: keep === 'yes' ? 'keep' : 'rollback' };
	},
	run: async (options, world) =>
		options.choice === 'keep' ? await keep(options, world) : await rollBack(options, world),
};

async function rollBack(options: ResolveOptions, world: World): Promise<number> {
	const layout = publicLayout(options, world);
	if (readChange(layout)?.state !== 'needs-attention')
		throw problem(
			'nothing-to-resolve',
			'there is nothing to resolve: the box needs no attention',
			'signalbox rollback goes back all the same',
		);
	const before = endedBefore(layout);
	return endOfChange(
		await ringAndFollow(layout, 'rollback' as SignalName, '', world),
		layout,
		before,
		options.output,
		world,
	);
}

async function keep(options: ResolveOptions, world: World): Promise<number> {
	const refused = await keepWhatIsThere(options, world);
	if (refused !== undefined) return endWithError(refused, options.output, world);
	const change = readChange(publicLayout(options, world));
	if (options.output === 'json') printJson(world.out, { change: change ?? null });
	else
		printLine(
			world.out,
			`${change?.to ?? 'what is there'} is kept: updates are taken again, and go on from there`,
		);
	return EXIT.done;
}
