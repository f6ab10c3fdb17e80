/** Requests an update and follows it to its end, for `update` and `retry`. */

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
import { signalAndFollow } from './follow.ts';

export interface UpdateRequest extends Common {
	/** The requested release; undefined: the newest. */
	readonly to: Tag | undefined;
}

/**
 * Returns the tag in `written`, undefined if nothing was given. Throws `usage`; `word` names the argument.
 */
export function tagGiven(written: string | undefined, word: string): Tag | undefined {
	const tag = parseTag(written);
	if (written === undefined || tag !== undefined) return tag;
	throw usage(
		`cannot use ${JSON.stringify(written)} as ${word}`,
		'name the tag of a release, such as v1.2.3; signalbox check lists them',
	);
}

/** Requests, follows, prints the result, returns its exit code. `rule`: whether to retry a failed release. */
export async function askUpdate(request: UpdateRequest, rule: RetryRule, world: World): Promise<number> {
	const layout = publicLayout(request, world);
	const goal: Goal =
		request.to === undefined ? await findGoal(request, rule, world) : { kind: 'tag', tag: request.to };
	if (goal.kind === 'none') return endWithoutGoal(goal, request.output, world);
	const before = endedBefore(layout);
	const payload = { updateTo: goal.tag, ...(rule === 'passed-over' ? { retry: true } : {}) };
	const followed = await signalAndFollow(layout, 'update' as SignalName, JSON.stringify(payload), world);
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

/** Returns the newest release if it is only held back because it failed here before. */
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
	else printLine(world.out, sentenceOf(goal));
	return EXIT.done;
}

function sentenceOf({ installed, reason }: Goal & { kind: 'none' }): string {
	return reason.code === 'up-to-date'
		? `Up to date (${installed}).`
		: `Nothing to do: ${installed} is installed, which is newer than the channel.`;
}
