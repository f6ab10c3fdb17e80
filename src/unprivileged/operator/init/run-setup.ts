/** Has the program `setup` prepare the root: it is the only part of init that needs root's rights. */
import { Problem, problem } from '../../../model/base/error.ts';
import { parseJson } from '../../../model/base/json.ts';
import {
	type MadeAccount,
	type Prepared,
	parseSetupAnswer,
	type SetupRequest,
} from '../../../model/config/setup.ts';
import { cacheEnvironment, nodeProgram, programPath } from '../../../system/process/program.ts';
import { runTool, type ToolEnd } from '../../../system/process/run-tool.ts';

/** useradd and groupadd may wait for a lock of the account files. */
const TIMEOUT_MS = 120_000;

/**
 * Returns every directory and file of the root, with what was done to it. Calls `onMade` for each account
 * that was created, also when a later part fails. Throws what setup reports.
 */
export async function runSetup(
	request: SetupRequest,
	onMade: (account: MadeAccount) => void,
): Promise<readonly Prepared[]> {
	const end = await runTool({
		program: nodeProgram,
		args: [programPath('setup')],
		input: JSON.stringify(request),
		env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...cacheEnvironment() },
		timeout: TIMEOUT_MS,
	});
	const { made, result } = answerIn(end);
	for (const account of made) onMade(account);
	if (result.kind === 'failed') throw new Problem(result.error);
	return result.entries;
}

function answerIn(end: ToolEnd) {
	const parsed = parseJson(end.kind === 'timed-out' ? '' : end.stdout);
	const answer = parsed.kind === 'json' ? parseSetupAnswer(parsed.value) : undefined;
	if (answer !== undefined) return answer;
	throw problem(
		'internal',
		'cannot set up the root: setup gave no answer',
		'run init again; it keeps what is right',
		{
			facts: { end: end.kind, stderr: end.kind === 'done' ? '' : end.stderr },
		},
	);
}
