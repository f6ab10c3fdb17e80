/**
 * Prepares a root for `signalbox init`: reads a SetupRequest from standard input, creates missing accounts
 * and directories, sets owners and modes, and prints a SetupAnswer. Running it again changes only what is
 * wrong.
 */
import { text } from 'node:stream/consumers';
import { problem, recordOf } from '../../model/base/error.ts';
import { exitCodeOf } from '../../model/base/error-codes.ts';
import { parseJson } from '../../model/base/json.ts';
import { layoutOf } from '../../model/base/layout.ts';
import {
	type MadeAccount,
	parseSetupRequest,
	type SetupAccounts,
	type SetupAnswer,
} from '../../model/config/setup.ts';
import { readAccounts } from '../../system/access/accounts.ts';
import { ensureGroup, ensureUser } from './accounts.ts';
import { type Owners, prepareRoot } from './prepare-root.ts';

async function setUp(made: MadeAccount[]): Promise<SetupAnswer> {
	// Not readFileSync: a pipe that is still empty would fail with EAGAIN.
	const parsed = parseJson(await text(process.stdin));
	const { root, state, accounts } = parseSetupRequest(parsed.kind === 'json' ? parsed.value : undefined);
	const owners = await ownersFor(accounts, made);
	return { made, result: { kind: 'prepared', entries: prepareRoot(layoutOf(root, state), owners) } };
}

/** Adds every account that it creates to `made`. */
async function ownersFor(accounts: SetupAccounts | null, made: MadeAccount[]): Promise<Owners> {
	if (accounts === null) return { kind: 'user' };
	if (process.geteuid?.() !== 0)
		throw problem('usage', 'cannot set up a root for other accounts as an ordinary user', 'run init as root');
	const group = await ensureGroup(accounts.group);
	if (group.how === 'made') made.push({ kind: 'group', name: accounts.group, id: group.id });
	const fetcher = await ensureUser(accounts.fetcher);
	if (fetcher.how === 'made') made.push({ kind: 'user', name: String(accounts.fetcher), id: fetcher.id });
	return {
		kind: 'root',
		gid: group.id,
		fetcher: readAccounts().userOf(fetcher.id).gid,
		statuses: accounts.statuses,
	};
}

const made: MadeAccount[] = [];
try {
	process.stdout.write(JSON.stringify(await setUp(made)));
} catch (thrown) {
	const error = recordOf(thrown);
	process.stdout.write(JSON.stringify({ made, result: { kind: 'failed', error } } satisfies SetupAnswer));
	process.exitCode = exitCodeOf(error.code);
}
