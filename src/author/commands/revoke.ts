import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { EXIT } from '../../model/base/error-codes.ts';
import { writeChannelFile } from '../../model/publication/channel-file.ts';
import { channelPathOf, manifestPathOf } from '../../model/publication/repository.ts';
import { parseTag, type Tag, versionOfTag } from '../../model/release/tag.ts';
import { isNewer, parseVersion, type Version } from '../../model/release/version.ts';
import { printJson, printLine } from '../../terminal/print.ts';
import { textOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { channelsIn, putTarget, tagsIn } from '../repository/channels.ts';
import { dropRelease, putBase, putRole, putWithdrawn, readDraft } from '../repository/draft.ts';
import { namesIn, readLive } from '../repository/live.ts';
import { nextTargets, requireFresh, targetsNow, usesTuf } from '../repository/next-targets.ts';
import { type Common, expiryAfter, placesOf, type Subcommand, spanOf } from '../subcommand.ts';
import type { TargetsContents } from '../tuf-metadata.ts';

interface RevokeOptions extends Common {
	readonly tag: Tag | undefined;
	/** The release that affected channels announce instead. */
	readonly instead: Tag | undefined;
	readonly minimumSafe: Version | undefined;
	readonly lasts: number;
}

type Targets = TargetsContents['targets'];

/** `signalbox release revoke`: withdraws a release, or raises the minimum safe version. */
export const revoke: Subcommand<RevokeOptions> = {
	name: 'revoke',
	summary: 'draft the withdrawal of a release, or raise the version below which no box may go',
	args: [['[tag]', 'the release to take back']],
	options: [
		['--instead <tag>', 'the release that its channels announce instead'],
		['--minimum-safe <version>', 'boxes never go back below this version; every channel announces it'],
		['--expires <span>', 'how long the list of releases is valid; default: 365d'],
	],
	examples: [
		{
			line: 'signalbox release revoke v1.1.0 --instead v1.0.0',
			what: 'no box installs 1.1.0 any more; boxes that have it keep it until a newer release',
		},
		{
			line: 'signalbox release revoke --minimum-safe 1.1.1',
			what: 'after 1.1.1 fixed a vulnerability: boxes do not go back to older ones',
		},
	],
	parse(given, common) {
		const [written] = given.args;
		const tag = tagOf(written, 'the release');
		const safe = textOf(given, 'minimumSafe');
		const minimumSafe = safe === undefined ? undefined : parseVersion(safe);
		if (safe !== undefined && minimumSafe === undefined)
			throw usage(`cannot use ${JSON.stringify(safe)} as --minimum-safe`, 'write a version such as 1.2.3');
		if (tag === undefined && minimumSafe === undefined)
			throw usage('cannot revoke nothing', 'name a release, or a version with --minimum-safe');
		return {
			...common,
			tag,
			instead: tagOf(textOf(given, 'instead'), '--instead'),
			minimumSafe,
			lasts: spanOf(given, 'expires', '365d'),
		};
	},
	async run(options, world) {
		const places = placesOf(options, world);
		const [live, draft] = [readLive(places.repository), readDraft(places.draft)];
		requireFresh(live, draft);
		const from = [places.draft, places.repository];
		const tuf = usesTuf(live, draft);
		if (tuf === 'no' && options.minimumSafe !== undefined)
			throw usage(
				'cannot raise the lowest safe version without TUF metadata',
				'publish a release whose .release.json has minimumSafeVersion',
			);
		const before = targetsNow(live, draft);
		requireThere(options.tag, tuf === 'yes' ? tagsIn(before) : namesIn(join(places.repository, 'releases')));
		const without =
			options.tag === undefined
				? before
				: withdrawn(before, options.tag, options.instead, places.draft, from);
		const lists =
			options.minimumSafe === undefined ? without : raised(without, options.minimumSafe, places.draft, from);
		putBase(draft, live);
		if (options.tag !== undefined) {
			dropRelease(draft, options.tag);
			putWithdrawn(draft, [...new Set([...draft.withdrawn, options.tag])]);
		}
		const next =
			tuf === 'yes' ? nextTargets(live, draft, lists, expiryAfter(options.lasts, world), 'kept') : undefined;
		if (next?.kind === 'changed') putRole(draft, next.file);
		tell(options, draft.directory, world);
		return EXIT.done;
	},
};

function tagOf(written: string | undefined, word: string): Tag | undefined {
	const tag = written === undefined ? undefined : parseTag(written);
	if (written !== undefined && tag === undefined)
		throw usage(
			`cannot use ${JSON.stringify(written)} as ${word}`,
			'name the tag of a release, such as v1.2.3',
		);
	return tag;
}

function requireThere(tag: Tag | undefined, tags: readonly string[]): void {
	if (tag === undefined || tags.includes(tag)) return;
	throw problem(
		'missing-tag',
		`cannot revoke ${tag}: it is not published`,
		`published are ${tags.join(' ') || 'none'}`,
		{
			facts: { tag },
		},
	);
}

function withdrawn(
	targets: Targets,
	tag: Tag,
	instead: Tag | undefined,
	draft: string,
	from: readonly string[],
): Targets {
	const left: Targets = new Map([...targets].filter(([path]) => path !== manifestPathOf(tag)));
	const announcing = [...channelsIn(targets, from)].filter(([, file]) => file.tag === tag);
	if (announcing.length === 0) return left;
	if (instead === undefined || !left.has(manifestPathOf(instead))) {
		const names = announcing.map(([channel]) => channel).join(', ');
		throw usage(
			`cannot revoke ${tag} alone: ${names} announces it`,
			'name a published release with --instead, or publish a newer one first',
		);
	}
	return announcing.reduce(
		(now, [channel, file]) =>
			putTarget(draft, now, channelPathOf(channel), writeChannelFile({ ...file, tag: instead })),
		left,
	);
}

function raised(targets: Targets, lowest: Version, draft: string, from: readonly string[]): Targets {
	return [...channelsIn(targets, from)].reduce((now, [channel, file]) => {
		if (isNewer(lowest, versionOfTag(file.tag)))
			throw usage(
				`cannot call ${lowest} the lowest safe version: ${channel} announces ${file.tag}`,
				'publish the safe release first',
			);
		if (file.minimumSafeVersion !== null && isNewer(file.minimumSafeVersion, lowest))
			throw usage(
				`cannot lower the lowest safe version: ${channel} says ${file.minimumSafeVersion}`,
				'it only rises',
			);
		return putTarget(
			draft,
			now,
			channelPathOf(channel),
			writeChannelFile({ ...file, minimumSafeVersion: lowest }),
		);
	}, targets);
}

function tell({ tag, minimumSafe, output }: RevokeOptions, draft: string, world: World): void {
	if (output === 'json')
		printJson(world.out, { draft, revoked: tag ?? null, minimumSafeVersion: minimumSafe ?? null });
	else
		printLine(
			world.out,
			`drafted: ${[tag === undefined ? [] : `takes back ${tag}`, minimumSafe === undefined ? [] : `nothing below ${minimumSafe} is safe`].flat().join(', ')}`,
		);
	printLine(world.err, 'nothing has changed for boxes yet: sign and publish the draft');
}
