/** Asks root for an update and follows it to its end: what `update` and `retry` have in common. */

import type { ErrorRecord } from '../../../model/base/error.ts';
import { EXIT } from '../../../model/base/error-codes.ts';
import type { Available } from '../../../model/release/plan.ts';
import { parseTag, type Tag } from '../../../model/release/tag.ts';
import type { RetryRule } from '../../../model/signal/requested-release.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { endWithError, printJson, printLine } from '../../../terminal/print.ts';
import { usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { publicLayout } from '../located-root.ts';
import { endedBefore, endOfChange } from '../print/end-of-change.ts';
import type { Common } from '../subcommand.ts';
import { lookForUpdates } from './check-plan.ts';
import { ringAndFollow } from './follow.ts';

export interface UpdateRequest extends Common {
	/** The release to go to; undefined: the newest. */
	readonly to: Tag | undefined;
}

/** Returns the tag that `written` spells, undefined for none. Throws `usage`, naming the `word` that was given. */
export function tagGiven(written: string | undefined, word: string): Tag | undefined {
	const tag = parseTag(written);
	if (written === undefined || tag !== undefined) return tag;
	throw usage(
		`cannot use ${JSON.stringify(written)} as ${word}`,
		'name the tag of a release, such as v1.2.3; signalbox check lists them',
	);
}

/** Asks, follows, prints the end and returns its exit code. `rule`: whether a release that failed here before is tried again. */
export async function askUpdate(request: UpdateRequest, rule: RetryRule, world: World): Promise<number> {
	const layout = publicLayout(request, world);
	const goal: Goal =
		request.to === undefined ? await findGoal(request, rule, world) : { kind: 'tag', tag: request.to };
	if (goal.kind === 'none') return endWithoutGoal(goal, request.output, world);
	const before = endedBefore(layout);
	const payload = { updateTo: goal.tag, ...(rule === 'passed-over' ? { retry: true } : {}) };
	const followed = await ringAndFollow(layout, 'update' as SignalName, JSON.stringify(payload), world);
	return endOfChange(followed, layout, before, request.output, world);
}

type Goal =
	| { readonly kind: 'tag'; readonly tag: Tag }
	| { readonly kind: 'none'; readonly installed: string; readonly reason: ErrorRecord };

async function findGoal(common: Common, rule: RetryRule, world: World): Promise<Goal> {
	const plan = await lookForUpdates(common, world);
	const tag = parseTag(plan.path.at(-1)?.tag) ?? (rule === 'passed-over' ? failedIn(plan) : undefined);
	if (tag !== undefined) return { kind: 'tag', tag };
	return { kind: 'none', installed: plan.installed, reason: plan.reason ?? upToDate };
}

/** The newest release, where what failed before keeps the box from it. */
function failedIn({ reason }: Available): Tag | undefined {
	return reason?.code === 'failed-before' ? parseTag(reason.facts['target']) : undefined;
}

const upToDate: ErrorRecord = {
	code: 'up-to-date',
	message: 'the newest release is installed',
	hint: '',
	retry: 'later',
	facts: {},
};

function endWithoutGoal(goal: Goal & { kind: 'none' }, output: Common['output'], world: World): number {
	if (goal.reason.code !== 'up-to-date' && goal.reason.code !== 'ahead-of-channel')
		return endWithError(goal.reason, output, world);
	if (output === 'json') printJson(world.out, { change: null, changes: [], reason: goal.reason });
	else printLine(world.out, `nothing to do: ${goal.installed} is installed (${goal.reason.code})`);
	return EXIT.done;
}
