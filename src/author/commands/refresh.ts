import { resolve } from 'node:path';
import { EXIT } from '../../model/base/error-codes.ts';
import { roleFilePath } from '../../model/publication/repository.ts';
import { isoTime } from '../../system/clock.ts';
import { printJson, printLine } from '../../terminal/print.ts';
import { isGiven, textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { openKeys } from '../keys/open-key.ts';
import { putBase, putRole, readDraft } from '../repository/draft.ts';
import { commitOnBranch } from '../repository/git-branch.ts';
import { type Live, readLive } from '../repository/live.ts';
import { nextTargets, targetsNow } from '../repository/next-targets.ts';
import { planRefresh } from '../repository/publication.ts';
import { type Put, putAll } from '../repository/put.ts';
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

interface RefreshOptions extends Common {
	readonly what: 'timestamp' | 'targets';
	readonly keys: readonly string[];
	readonly passphraseFiles: readonly string[];
	readonly timestampLasts: number;
	readonly snapshotLasts: number;
	readonly targetsLast: number;
	readonly transport: Transport | undefined;
}

/** How long before its expiry a role with offline keys causes a warning, in milliseconds. */
const SOON = 60 * 86_400_000;

/** `signalbox release refresh`: renews the dates of the published metadata. */
export const refresh: Subcommand<RefreshOptions> = {
	name: 'refresh',
	summary: 'renew the dates: of timestamp and snapshot with the online key, before boxes call them stale',
	args: [],
	options: [
		['--key <file...>', 'the online key'],
		['--passphrase-file <file...>', 'holds the passphrase in its first line'],
		['--expires <span>', 'how long boxes take the timestamp for fresh; default: 30d'],
		['--snapshot-expires <span>', 'the same for the snapshot; default: 90d'],
		...TRANSPORT_OPTIONS,
		['--targets', 'renew the list of releases instead: makes a draft that the targets keys sign'],
		['--targets-expires <span>', 'how long that list is valid; default: 365d'],
	],
	examples: [
		{ line: 'signalbox release refresh --key keys/online.pem', what: 'from a timer, each week' },
		{
			line: 'signalbox release refresh --targets',
			what: 'once a year, where there was no release; then sign and publish',
		},
	],
	parse(given, common) {
		return {
			...common,
			what: isGiven(given, 'targets') === 'yes' ? 'targets' : 'timestamp',
			keys: textsOf(given, 'key'),
			passphraseFiles: textsOf(given, 'passphraseFile'),
			timestampLasts: spanOf(given, 'expires', '30d'),
			snapshotLasts: spanOf(given, 'snapshotExpires', '90d'),
			targetsLast: spanOf(given, 'targetsExpires', '365d'),
			transport: transportOf(given),
		};
	},
	async run(options, world) {
		const live = readLive(placesOf(options, world).repository);
		if (live.root === undefined || live.targets === undefined)
			throw usage(
				`cannot refresh ${options.repository}: nothing is published there under a root`,
				'signalbox release publish comes before',
			);
		const warnings = soonExpired(live, world.clock.now());
		for (const warning of warnings) printLine(world.err, `WARNING: ${warning}`);
		return options.what === 'targets'
			? draftTargets(live, options, world)
			: await renew(live, warnings, options, world);
	},
};

async function renew(
	live: Live,
	warnings: readonly string[],
	options: RefreshOptions,
	world: World,
): Promise<number> {
	const { repository } = placesOf(options, world);
	const signers = await openKeys(options.keys, options.passphraseFiles, world);
	const lasting = {
		timestamp: expiryAfter(options.timestampLasts, world),
		snapshot: expiryAfter(options.snapshotLasts, world),
	};
	const puts = planRefresh(live, signers, lasting);
	await putAll(puts, repository, () => undefined);
	if (options.transport !== undefined)
		await commitOnBranch(
			repository,
			resolve(world.cwd, options.transport.repository),
			options.transport.branch,
		);
	const renewed = puts.map(({ path }: Put) => path);
	if (options.output === 'json')
		printJson(world.out, { renewed, validUntil: isoTime(lasting.timestamp), warnings });
	else
		printLine(
			world.out,
			`renewed ${renewed.join(' and ')}: boxes take it for fresh until ${isoTime(lasting.timestamp)}`,
		);
	return EXIT.done;
}

function draftTargets(live: Live, options: RefreshOptions, world: World): number {
	const draft = readDraft(placesOf(options, world).draft);
	const next = nextTargets(
		live,
		draft,
		targetsNow(live, draft),
		expiryAfter(options.targetsLast, world),
		'renewed',
	);
	putBase(draft, live);
	if (next.kind === 'changed') putRole(draft, next.file);
	const path = roleFilePath('targets', next.kind === 'changed' ? next.file.contents.version : 0);
	if (options.output === 'json') printJson(world.out, { draft: draft.directory, drafted: path });
	else printLine(world.out, `drafted ${path}: sign and publish it`);
	return EXIT.done;
}

function soonExpired(live: Live, now: number): readonly string[] {
	const ofTargets = 'signalbox release refresh --targets drafts a new one';
	const files = [
		[live.root, 'signalbox release rotate-root drafts a new one'],
		[live.targets, ofTargets],
	] as const;
	return files.flatMap(([file, hint]) => {
		if (file === undefined || file.contents.expires > now + SOON) return [];
		const word =
			file.contents.expires <= now
				? 'has expired, and no box takes a release: it was valid until'
				: 'is valid only until';
		return [`${file.role} ${file.contents.version} ${word} ${isoTime(file.contents.expires)}: ${hint}`];
	});
}
