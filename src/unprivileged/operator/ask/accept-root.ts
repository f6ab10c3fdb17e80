/**
 * Has the updater accept the root as it is. No signal can request it: only the user who runs the root may.
 */
import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import type { World } from '../../../terminal/world.ts';
import { publicLayout, runsTheRoot } from '../located-root.ts';
import { readChange } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { askUpdater } from './updater.ts';

/** Limit in milliseconds. Nothing is copied; karen may take a few seconds to start. */
const LONGEST = 10 * 60_000;

/** Returns the error, or undefined when the root was accepted. */
export async function acceptRoot(common: Common, world: World): Promise<ErrorRecord | undefined> {
	if ((await runsTheRoot(common, world)) === 'no')
		return problem(
			'tree-unsafe',
			'cannot accept the root: only the user who runs it may',
			'run the command as root',
		).record;
	const end = await askUpdater({ words: ['accept-root'], timeout: LONGEST }, common, world);
	if (end.kind === 'done') return undefined;
	const said = end.kind === 'failed' ? end.stderr.trim() : 'the updater did not end in time';
	const change = readChange(publicLayout(common, world));
	return (
		change?.error ??
		problem('internal', `cannot accept the root: ${said}`, 'look at the log of the updater').record
	);
}
