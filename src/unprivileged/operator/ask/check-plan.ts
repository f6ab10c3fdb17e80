/** Looks for updates: with the updater if the caller runs the root, otherwise by a signal to karen. */

import { problem } from '../../../model/base/error.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../../../model/base/error-codes.ts';
import { parseErrorRecord } from '../../../model/base/error-record.ts';
import { asObject, parseJson } from '../../../model/base/json.ts';
import type { Available } from '../../../model/release/plan.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { AVAILABLE_FILE } from '../../../model/status/published.ts';

import { karenSilent, sendSignal, waitAdmitted, waitEnded } from '../../../system/signal-client.ts';
import type { World } from '../../../terminal/world.ts';
import { publicLayout, runsTheRoot } from '../located-root.ts';
import { readAvailable } from '../statuses.ts';
import type { Common } from '../subcommand.ts';
import { HEARD_WITHIN } from './follow.ts';
import { askUpdater } from './updater.ts';

/** The time limit of the trigger `check`. */
const LONGEST = 15 * 60_000;
const CHECK = 'check' as SignalName;

/** Returns the current plan: installed and newest release, the path, or the reason why there is none. */
export async function lookForUpdates(common: Common, world: World): Promise<Available> {
	return (await runsTheRoot(common, world)) === 'yes' ? askRoot(common, world) : askKaren(common, world);
}

/** Returns the exit code for a plan's reason; 0 without a reason. */
export function exitOfPlan(plan: Available): ExitCode {
	return plan.reason === null ? EXIT.done : exitCodeOf(plan.reason.code);
}

async function askRoot(common: Common, world: World): Promise<Available> {
	const end = await askUpdater(
		{ words: ['check', '--json'], timeout: LONGEST, signal: world.interrupted },
		common,
		world,
	);
	const stdout = end.kind === 'timed-out' ? '' : end.stdout;
	const plan = AVAILABLE_FILE.parse(Buffer.from(stdout));
	if (plan !== undefined) return plan;
	throw (
		errorIn(stdout) ??
		problem(
			'internal',
			'cannot check for updates: the updater gave no answer',
			'look at the log of the updater',
			{
				facts: { stdout: stdout.slice(0, 500), stderr: end.kind === 'done' ? '' : end.stderr },
			},
		)
	);
}

/** The updater prints `{"error": …}` if it cannot even read the installed version. */
function errorIn(stdout: string): Error | undefined {
	const parsed = parseJson(stdout);
	const record = parsed.kind === 'json' ? parseErrorRecord(asObject(parsed.value)?.['error']) : null;
	return record === null
		? undefined
		: problem(record.code, record.message, record.hint, { retry: record.retry, facts: record.facts });
}

async function askKaren(common: Common, world: World): Promise<Available> {
	const layout = publicLayout(common, world);
	const before = readAvailable(layout)?.checkedAt;
	const stamp = sendSignal(layout, CHECK, '');
	if ((await waitAdmitted(layout, CHECK, stamp, world.clock, HEARD_WITHIN, world.interrupted)) === undefined)
		throw karenSilent(CHECK, HEARD_WITHIN);
	const report = await waitEnded(layout, CHECK, stamp, world.clock, LONGEST, world.interrupted);
	const plan = readAvailable(layout);
	if (report !== undefined && plan !== undefined && plan.checkedAt !== before) return plan;
	throw problem(
		'trigger-failed',
		'cannot check for updates: karen gave no answer',
		'run signalbox signal check --wait to see karen’s report',
		{
			retry: 'later',
			facts: { state: report?.state ?? 'none', output: report?.output ?? '' },
		},
	);
}
