import { problem } from '../../../model/base/error.ts';
import { EXIT } from '../../../model/base/error-codes.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { endWithError, printJson, printLine } from '../../../terminal/print.ts';
import { isGiven, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { acceptRoot } from '../ask/accept-root.ts';
import { signalAndFollow } from '../ask/follow.ts';
import { publicLayout } from '../located-root.ts';
import { endedBefore, endOfChange } from '../print/end-of-change.ts';
import { readChange } from '../statuses.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface ResolveOptions extends Common {
	readonly choice: 'keep' | 'rollback';
}

/** `signalbox resolve`: decides how a box continues after a failed rollback or a change made by hand. */
export const resolve: Subcommand<ResolveOptions> = {
	name: 'resolve',
	summary: 'decide how a box continues that needs attention or was changed by hand: roll back or accept it',
	args: [],
	options: [
		['--rollback', 'restore the backup once more'],
		['--keep', 'accept the root as it is; only the user who runs the root may'],
	],
	examples: [
		{
			line: 'signalbox resolve --rollback',
			what: 'after repairing the cause: restore the previous release with its data',
		},
		{
			line: 'signalbox resolve --keep',
			what: 'the root is fine as it is: its info.json now names the installed release; the backup stays until the next update',
		},
	],
	parse(given, common) {
		const [keep, rollback] = [isGiven(given, 'keep'), isGiven(given, 'rollback')];
		if (keep === rollback)
			throw usage('cannot resolve: exactly one choice is needed', 'use either --rollback or --keep');
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
			'cannot resolve: the box needs no attention',
			'signalbox rollback restores the previous release anyway',
		);
	const before = endedBefore(layout);
	return endOfChange(
		await signalAndFollow(layout, 'rollback' as SignalName, '', world),
		layout,
		before,
		options.output,
		world,
	);
}

async function keep(options: ResolveOptions, world: World): Promise<number> {
	const refused = await acceptRoot(options, world);
	if (refused !== undefined) return endWithError(refused, options.output, world);
	const change = readChange(publicLayout(options, world));
	if (options.output === 'json') printJson(world.out, { change: change ?? null });
	else printLine(world.out, `Accepted ${change?.to ?? 'the root'}. Updates continue from there.`);
	return EXIT.done;
}
