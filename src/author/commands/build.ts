import { join, resolve } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { EXIT } from '../../model/base/error-codes.ts';
import { formatSize } from '../../model/base/units.ts';
import { manifestPathOf } from '../../model/publication/repository.ts';
import type { ReleaseManifest } from '../../model/release/release-manifest.ts';
import { parseTag, type Tag } from '../../model/release/tag.ts';
import { MANIFEST_NAME } from '../../model/release/tree.ts';
import { printJson, printLine } from '../../terminal/print.ts';
import { progressOn } from '../../terminal/progress.ts';
import { textOf, textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { sha256Hex } from '../keys/public-key.ts';
import { type Built, buildRelease } from '../release/build.ts';
import { directoryTree } from '../release/directory-tree.ts';
import { draftStore } from '../release/draft-store.ts';
import { gitTree } from '../release/git-tree.ts';
import { OWN_PACKINGS, type OwnPacking } from '../release/pack.ts';
import type { AuthorTree } from '../release/tree.ts';
import { announce, putTarget } from '../repository/channels.ts';
import {
	type Draft,
	draftManifest,
	dropRelease,
	putBase,
	putIntoDraft,
	putRole,
	readDraft,
} from '../repository/draft.ts';
import { productIn } from '../repository/index-file.ts';
import { everListed, fileAt, type Live, readLive } from '../repository/live.ts';
import { nextTargets, requireFresh, targetsNow, usesTuf } from '../repository/next-targets.ts';
import { type Common, expiryAfter, type Places, placesOf, type Subcommand, spanOf } from '../subcommand.ts';

interface BuildOptions extends Common {
	readonly tag: Tag | undefined;
	readonly from: { readonly kind: 'git' | 'directory'; readonly path: string };
	readonly product: string | undefined;
	/** The channel that announces the release; undefined: none. */
	readonly channel: string | undefined;
	readonly forChannel: string | null;
	readonly hardware: readonly string[] | null;
	readonly archive: OwnPacking | undefined;
	readonly lasts: number;
}

/** `signalbox release build`: builds a draft from a tag or a directory, ready for signing. */
export const build: Subcommand<BuildOptions> = {
	name: 'build',
	summary: 'make a draft of a release: check it as a box would, and list and store its files',
	args: [['[tag]', 'the tag in git; with --from its name, which default is v and the version of info.json']],
	options: [
		['--git <dir>', 'the git repository that has the tag; default: this directory'],
		['--from <dir>', 'build from a directory instead of a git tag'],
		['--product <name>', 'what it is a release of; default: what is published already'],
		['--channel <name>', 'the channel that announces it; default: main'],
		[
			'--no-channel',
			'announce it in no channel: a stepping stone, or a release that is installed on request',
		],
		['--for-channel <name>', 'only boxes of this channel may install it'],
		['--hardware <kind...>', 'only machines of these kinds may install it'],
		[
			`--archive <packing>`,
			`publish its files as one archive, ${OWN_PACKINGS.join(', ')}: for thousands of small files over the web`,
		],
		['--expires <span>', 'how long the list of releases is valid; default: 365d'],
	],
	examples: [
		{
			line: 'signalbox release build v1.1.0 --product lamp',
			what: 'the tag v1.1.0 of the repository in this directory',
		},
		{
			line: 'signalbox release build --from ~/out --product lamp --channel beta',
			what: 'what a build left in a directory',
		},
	],
	parse(given, common) {
		const [written] = given.args;
		const tag = written === undefined ? undefined : parseTag(written);
		if (written !== undefined && tag === undefined)
			throw usage(`cannot use ${JSON.stringify(written)} as a tag`, 'a tag is a version, such as v1.2.3');
		const [git, from] = [textOf(given, 'git'), textOf(given, 'from')];
		if (git !== undefined && from !== undefined)
			throw usage('cannot build from git and from a directory at once', 'give --git or --from');
		if (from === undefined && tag === undefined)
			throw usage('cannot build without a tag', 'name the tag, or a directory with --from');
		const hardware = textsOf(given, 'hardware');
		return {
			...common,
			tag,
			from: from === undefined ? { kind: 'git', path: git ?? '.' } : { kind: 'directory', path: from },
			product: textOf(given, 'product'),
			channel: given.options['channel'] === false ? undefined : (textOf(given, 'channel') ?? 'main'),
			forChannel: textOf(given, 'forChannel') ?? null,
			hardware: hardware.length === 0 ? null : hardware,
			archive: packingOf(textOf(given, 'archive')),
			lasts: spanOf(given, 'expires', '365d'),
		};
	},
	async run(options, world) {
		const places = placesOf(options, world);
		const [live, draft] = [readLive(places.repository), readDraft(places.draft)];
		requireFresh(live, draft);
		const built = await buildInto(places, options, world);
		requireNew(built, live, places);
		const dropped = await lay(built, live, draft, places, options, world);
		tell(built, dropped, live, places, options, world);
		return EXIT.done;
	},
};

function packingOf(written: string | undefined): OwnPacking | undefined {
	const packing = OWN_PACKINGS.find((one) => one === written);
	if (written === undefined || packing !== undefined) return packing;
	throw usage(
		`cannot pack an archive as ${JSON.stringify(written)}`,
		`give ${OWN_PACKINGS.join(', ')}, or leave --archive out`,
	);
}

async function buildInto(places: Places, options: BuildOptions, world: World): Promise<Built> {
	const tree = await treeOf(options, world);
	const { tag, forChannel, hardware, archive } = options;
	const product = options.product ?? productIn(places.repository);
	if (product === undefined)
		throw usage(
			'cannot build without a product: nothing is published yet',
			'name it with --product: boxes take only releases of their own',
		);
	const line = progressOn(world.err);
	try {
		return await buildRelease(
			tree,
			{ product, tag, channel: forChannel, hardware, archive },
			draftStore(places.draft, places.repository),
			(percent, what) => (world.err.terminal === 'yes' ? line.show(percent, what) : undefined),
		);
	} finally {
		line.clear();
	}
}

async function treeOf({ from, tag }: BuildOptions, world: World): Promise<AuthorTree> {
	const path = resolve(world.cwd, from.path);
	if (from.kind === 'directory') return directoryTree(path);
	// parse() has validated the tag.
	return await gitTree(path, tag as Tag);
}

/** A published tag never changes its content, even after it was withdrawn. */
function requireNew({ manifest, bytes }: Built, live: Live, { repository }: Places): void {
	const path = manifestPathOf(manifest.tag);
	const lying = fileAt(join(repository, path));
	const seen = [...everListed(repository, live, path), ...(lying === undefined ? [] : [sha256Hex(lying)])];
	const published = seen.find((sha256) => sha256 !== sha256Hex(bytes));
	if (published === undefined) return;
	throw problem(
		'already-published',
		`cannot build ${manifest.tag} again: it is published with other contents`,
		'a published release never changes: give the new one a new version',
		{ facts: { tag: manifest.tag, published, built: sha256Hex(bytes) } },
	);
}

/** Adds the release to the draft. Returns the number of lost signatures over the previous draft. */
async function lay(
	{ manifest, bytes }: Built,
	live: Live,
	draft: Draft,
	places: Places,
	options: BuildOptions,
	world: World,
): Promise<number> {
	const { tag } = manifest;
	const before = draftManifest(draft, tag);
	if (before !== undefined && Buffer.compare(before, bytes) !== 0) dropRelease(draft, tag);
	putIntoDraft(places.draft, `releases/${tag}/${MANIFEST_NAME}`, bytes);
	if (usesTuf(live, draft) === 'no') return 0;
	const withRelease = putTarget(places.draft, targetsNow(live, draft), manifestPathOf(tag), bytes);
	const from = [places.draft, places.repository];
	const lists =
		options.channel === undefined
			? withRelease
			: announce(places.draft, withRelease, options.channel, tag, from);
	const next = nextTargets(live, draft, lists, expiryAfter(options.lasts, world), 'kept');
	putBase(draft, live);
	if (next.kind === 'unchanged') return 0;
	putRole(draft, next.file);
	return next.dropped;
}

function packedAs({ archive }: ReleaseManifest): string {
	return archive === null ? '' : `, packed as ${archive.packing} ${formatSize(archive.size)}`;
}

function tell(
	{ manifest, bytes, warnings }: Built,
	dropped: number,
	live: Live,
	{ draft }: Places,
	options: BuildOptions,
	world: World,
): void {
	const size = manifest.files.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
	for (const warning of warnings) printLine(world.err, `WARNING: ${warning}`);
	if (dropped > 0)
		printLine(world.err, `WARNING: the draft was signed already (${dropped}): it must be signed again`);
	const sha256 = sha256Hex(bytes);
	if (options.output === 'json') {
		const { product, tag, version, archive, files } = manifest;
		printJson(world.out, {
			product,
			tag,
			version,
			manifest: sha256,
			files: files.length,
			bytes: size,
			archive,
			draft,
			warnings,
			signaturesLost: dropped,
		});
		return;
	}
	printLine(
		world.out,
		`${manifest.product} ${manifest.tag}: ${manifest.files.length} files, ${formatSize(size)}${packedAs(manifest)}, manifest sha256 ${sha256}`,
	);
	printLine(
		world.err,
		`next: signalbox release sign --key FILE${live.root === undefined ? '' : ', with as many keys as the root asks for'}`,
	);
}
