import { resolve } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { EXIT } from '../../model/base/error-codes.ts';
import { isoTime } from '../../system/clock.ts';
import { makeDirectory } from '../../system/files/directories.ts';
import { takeLock } from '../../system/files/lock.ts';
import { printJson, printLine } from '../../terminal/print.ts';
import { progressOn } from '../../terminal/progress.ts';
import { textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { openKeys } from '../keys/open-key.ts';
import { isEmpty, readDraft } from '../repository/draft.ts';
import { type BranchCommit, commitOnBranch } from '../repository/git-branch.ts';
import { readLive } from '../repository/live.ts';
import { type Lasting, planPublication } from '../repository/publication.ts';
import { type Put, putAll, tidyDraft, withdraw } from '../repository/put.ts';
import {
	type Common,
	expiryAfter,
	placesOf,
	type Subcommand,
	spanOf,
	TRANSPORT_OPTIONS,
	type Transport,
	transportOf,
} from '../subcommand.ts';

interface PublishOptions extends Common {
	readonly keys: readonly string[];
	readonly passphraseFiles: readonly string[];
	readonly timestampLasts: number;
	readonly snapshotLasts: number;
	readonly transport: Transport | undefined;
}

/** `signalbox release publish`: publishes the signed draft to boxes. */
export const publish: Subcommand<PublishOptions> = {
	name: 'publish',
	summary: 'publish a signed draft; clients never see a partial publication',
	args: [],
	options: [
		['--key <file...>', 'the online key, which signs snapshot and timestamp'],
		['--passphrase-file <file...>', 'holds the passphrase in its first line'],
		['--expires <span>', 'how long boxes take the timestamp for fresh; default: 30d'],
		['--snapshot-expires <span>', 'the same for the snapshot; default: 90d'],
		...TRANSPORT_OPTIONS,
	],
	examples: [
		{
			line: 'signalbox release publish --key keys/online.pem',
			what: 'the draft beside ./published becomes part of it',
		},
		{
			line: 'signalbox release publish --repository /srv/www/lamp --key online.pem --expires 7d',
			what: 'into the directory of a web server; refreshed weekly',
		},
	],
	parse(given, common) {
		return {
			...common,
			keys: textsOf(given, 'key'),
			passphraseFiles: textsOf(given, 'passphraseFile'),
			timestampLasts: spanOf(given, 'expires', '30d'),
			snapshotLasts: spanOf(given, 'snapshotExpires', '90d'),
			transport: transportOf(given),
		};
	},
	async run(options, world) {
		const places = placesOf(options, world);
		if (isEmpty(readDraft(places.draft)))
			throw usage(
				`cannot publish: there is no draft in ${places.draft}`,
				'signalbox release build makes one',
			);
		const signers = await openKeys(options.keys, options.passphraseFiles, world);
		makeDirectory(places.repository, 0o755);
		const lock = alone(`${places.draft}/.lock`);
		try {
			const draft = readDraft(places.draft);
			const lasting: Lasting = {
				timestamp: expiryAfter(options.timestampLasts, world),
				snapshot: expiryAfter(options.snapshotLasts, world),
			};
			const puts = planPublication(readLive(places.repository), draft, places, signers, lasting);
			await putShown(puts, places.repository, world);
			withdraw(places.repository, draft.withdrawn);
			const committed = await carry(options, world);
			tidyDraft(places.draft);
			tell(puts, draft.tags, lasting, committed, options, world);
			return EXIT.done;
		} finally {
			lock.release();
		}
	},
};

async function carry(options: PublishOptions, world: World): Promise<BranchCommit | undefined> {
	const { transport } = options;
	if (transport === undefined) return undefined;
	return await commitOnBranch(
		placesOf(options, world).repository,
		resolve(world.cwd, transport.repository),
		transport.branch,
	);
}

function alone(path: string) {
	const result = takeLock(path, 0);
	if (result.kind === 'held') return result.lock;
	throw problem('busy', 'cannot publish: this draft is already being published', 'wait until it has ended', {
		retry: 'later',
	});
}

async function putShown(puts: readonly Put[], repository: string, world: World): Promise<void> {
	const line = progressOn(world.err);
	try {
		await putAll(puts, repository, (done, { path }) => {
			if (world.err.terminal === 'yes') line.show(Math.floor((100 * done) / puts.length), path);
		});
	} finally {
		line.clear();
	}
}

function tell(
	puts: readonly Put[],
	tags: readonly string[],
	lasting: Lasting,
	committed: BranchCommit | undefined,
	{ output, repository }: PublishOptions,
	world: World,
): void {
	const isTuf = puts.some(({ path }) => path === 'metadata/timestamp.json');
	const contents = puts.filter(({ kind }) => kind === 'content').length;
	const until = isTuf ? isoTime(lasting.timestamp) : null;
	if (output === 'json') {
		printJson(world.out, {
			repository,
			tags,
			files: contents,
			puts: puts.map(({ path }) => path),
			validUntil: until,
			committed: committed ?? null,
		});
		return;
	}
	printLine(world.out, `published ${tags.join(', ') || 'the draft'}: ${contents} new files of releases`);
	if (committed !== undefined)
		printLine(world.out, `committed on ${committed.branch}: push it to where boxes look`);
	if (until !== null)
		printLine(world.out, `boxes accept it until ${until}: run signalbox release refresh before then`);
}
