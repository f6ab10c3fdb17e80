import { type ErrorRecord, EXIT } from '../../../model/error.ts';
import type { SignalName } from '../../../model/signal.ts';
import { parseTag, type Tag } from '../../../model/tag.ts';
import { lookForUpdates } from '../check-plan.ts';
import { endedBefore, endOfChange } from '../end-of-change.ts';
import { ringAndFollow } from '../follow.ts';
import { publicLayout } from '../place.ts';
import { endWithError, printJson, printLine } from '../print.ts';
import { type Common, type Subcommand, textOf, usage } from '../subcommand.ts';
import type { World } from '../world.ts';

interface UpdateOptions extends Common {
	readonly to: Tag | undefined;
}

type Goal =
	| { readonly kind: 'tag'; readonly tag: Tag }
	| { readonly kind: 'none'; readonly installed: string; readonly reason: ErrorRecord };

/** `signalbox update`: asks for the update and follows it to its end. */
export const update: Subcommand<UpdateOptions> = {
	name: 'update',
	summary: 'update, step by step to the newest release, and follow it to its end',
	args: [],
	options: [['--to <tag>', 'go no further than this release; default: the newest']],
	examples: [
		{ line: 'signalbox update', what: 'all the way; exit code 0 only if it was committed or there was nothing to do' },
		{ line: 'signalbox update --to v1.2.3 --json', what: 'to one release, and one JSON object at the end' },
	],
	parse(given, common) {
		const written = textOf(given, 'to');
		const to = parseTag(written);
		if (written !== undefined && to === undefined)
			throw usage(`cannot use ${JSON.stringify(written)} as --to`, 'name the tag of a release, such as v1.2.3; signalbox check lists them');
		return { ...common, to };
	},
	async run(options, world) {
		const layout = publicLayout(options, world);
		const goal: Goal = options.to === undefined ? await findGoal(options, world) : { kind: 'tag', tag: options.to };
		if (goal.kind === 'none') return endWithoutGoal(goal, options.output, world);
		const before = endedBefore(layout);
		const followed = await ringAndFollow(layout, 'update' as SignalName, JSON.stringify({ updateTo: goal.tag }), world);
		return endOfChange(followed, layout, before, options.output, world);
	},
};

async function findGoal(common: Common, world: World): Promise<Goal> {
	const plan = await lookForUpdates(common, world);
	const tag = parseTag(plan.path.at(-1)?.tag);
	if (tag !== undefined) return { kind: 'tag', tag };
	return { kind: 'none', installed: plan.installed, reason: plan.reason ?? upToDate };
}

const upToDate: ErrorRecord = { code: 'up-to-date', message: 'the newest release is installed', hint: '', retry: 'later', facts: {} };

function endWithoutGoal(goal: Goal & { kind: 'none' }, output: Common['output'], world: World): number {
	if (goal.reason.code !== 'up-to-date' && goal.reason.code !== 'ahead-of-channel') return endWithError(goal.reason, output, world);
	if (output === 'json') printJson(world.out, { change: null, changes: [], reason: goal.reason });
	else printLine(world.out, `nothing to do: ${goal.installed} is installed (${goal.reason.code})`);
	return EXIT.done;
}
