/** Asks the updater itself to keep what stands in the root: no signal carries this, so nobody but who runs the root can say it. */
import { type ErrorRecord, problem } from '../../../model/base/error.ts';
import type { World } from '../../../terminal/world.ts';
import { publicLayout, runsTheRoot } from '../located-root.ts';
import { readChange } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { askUpdater } from './updater.ts';

/** Nothing is copied; karen may take a few seconds to start. */
const LONGEST = 10 * 60_000;

/** Returns why it was refused, or undefined when it was done. */
export async function keepWhatIsThere(common: Common, world: World): Promise<ErrorRecord | undefined> {
	if ((await runsTheRoot(common, world)) === 'no')
		return problem(
			'tree-unsafe',
			'cannot keep what is there: only who runs the root may say so',
			'ask as root',
		).record;
	const end = await askUpdater({ words: ['keep'], timeout: LONGEST }, common, world);
	if (end.kind === 'done') return undefined;
	const said = end.kind === 'failed' ? end.stderr.trim() : 'it did not end in time';
	const change = readChange(publicLayout(common, world));
	return (
		change?.error ??
		problem('internal', `cannot keep what is there: ${said}`, 'look at the log of the updater').record
	);
}
