import { basename, resolve } from 'node:path';
import { EXIT } from '../../model/base/error-codes.ts';
import { isoTime } from '../../system/clock.ts';
import { printJson, printLine } from '../../terminal/print.ts';
import { textOf, textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { KEY_ROLES, type KeyRole } from '../keys/first-root.ts';
import { readPublicKey } from '../keys/open-key.ts';
import { putBase, putRole, readDraft } from '../repository/draft.ts';
import { type Live, readLive } from '../repository/live.ts';
import { nextRoot, type RootChange } from '../repository/next-root.ts';
import { nextTargets, requireFresh, targetsNow } from '../repository/next-targets.ts';
import { type Common, countOf, expiryAfter, placesOf, type Subcommand, spanOf } from '../subcommand.ts';

interface RotateOptions extends Common {
	readonly changes: Readonly<
		Record<
			KeyRole,
			{
				readonly add: readonly string[];
				readonly remove: readonly string[];
				readonly threshold: number | undefined;
			}
		>
	>;
	readonly lasts: number;
	readonly targetsLast: number;
}

/** `signalbox release rotate-root`: changes keys and thresholds, and renews the dates. */
export const rotateRoot: Subcommand<RotateOptions> = {
	name: 'rotate-root',
	summary: 'draft a new root: add and remove keys, change thresholds, or only renew its date',
	args: [],
	options: [
		...KEY_ROLES.flatMap((role): [string, string][] => [
			[`--add-${role} <file...>`, `public keys to add for ${role}`],
			[
				`--remove-${role} <key...>`,
				`keys to remove from ${role}: the file, or the first 8 or more digits of its id`,
			],
		]),
		['--root-threshold <n>', 'how many root keys must sign from now on'],
		['--targets-threshold <n>', 'how many targets keys must sign from now on'],
		['--expires <span>', 'how long the new root is valid; default: 730d'],
		[
			'--targets-expires <span>',
			'how long the list of releases is valid, where its keys change; default: 365d',
		],
	],
	examples: [
		{
			line: 'signalbox release rotate-root --remove-targets keys/targets-2.pub --add-targets grace.pub',
			what: 'a key was lost or stolen; sign with root keys, old and new',
		},
		{ line: 'signalbox release rotate-root', what: 'the same keys, a new date' },
	],
	parse(given, common) {
		const camel = (word: string, role: KeyRole) => `${word}${role.slice(0, 1).toUpperCase()}${role.slice(1)}`;
		const threshold = (role: KeyRole) =>
			role === 'online' ? undefined : countOf(given, `${role}Threshold`, `--${role}-threshold`);
		const change = (role: KeyRole) => ({
			add: textsOf(given, camel('add', role)),
			remove: textsOf(given, camel('remove', role)),
			threshold: threshold(role),
		});
		if (textOf(given, 'expires') === '')
			throw usage('cannot use an empty --expires', 'write a span such as 730d');
		return {
			...common,
			changes: { root: change('root'), targets: change('targets'), online: change('online') },
			lasts: spanOf(given, 'expires', '730d'),
			targetsLast: spanOf(given, 'targetsExpires', '365d'),
		};
	},
	async run(options, world) {
		const places = placesOf(options, world);
		const [live, draft] = [readLive(places.repository), readDraft(places.draft)];
		if (live.root === undefined)
			throw usage(
				`cannot rotate the root of ${options.repository}: none is published there`,
				'signalbox release keygen makes the first',
			);
		requireFresh(live, draft);
		const rotated = nextRoot(live.root, changesIn(options, world), expiryAfter(options.lasts, world));
		putBase(draft, live);
		putRole(draft, rotated.file);
		if (rotated.targets === 'others') redraftTargets(live, options, world);
		tell(live, rotated, options, world);
		return EXIT.done;
	},
};

function changesIn({ changes }: RotateOptions, world: World): readonly RootChange[] {
	return KEY_ROLES.map((role) => {
		const { add, remove, threshold } = changes[role];
		return {
			role,
			add: add.map((path) => ({ name: basename(path), key: readPublicKey(resolve(world.cwd, path)) })),
			remove: remove.map((one) =>
				/^[0-9a-f]{8,64}$/.test(one) ? one : readPublicKey(resolve(world.cwd, one)),
			),
			threshold,
		};
	});
}

/** The new keys must sign the list of releases. */
function redraftTargets(live: Live, options: RotateOptions, world: World): void {
	const draft = readDraft(placesOf(options, world).draft);
	const next = nextTargets(
		live,
		draft,
		targetsNow(live, draft),
		expiryAfter(options.targetsLast, world),
		'renewed',
	);
	if (next.kind === 'changed') putRole(draft, next.file);
}

function tell(
	live: Live,
	{ file, targets }: ReturnType<typeof nextRoot>,
	{ output }: RotateOptions,
	world: World,
): void {
	const { version, expires, roles } = file.contents;
	for (const role of ['root', 'targets'] as const)
		if (roles[role].threshold === 1) printLine(world.err, `WARNING: one ${role} key alone is enough`);
	if (output === 'json') {
		printJson(world.out, {
			root: version,
			expires: isoTime(expires),
			targets: targets === 'others' ? (live.targets?.contents.version ?? 0) + 1 : null,
		});
		return;
	}
	printLine(world.out, `drafted root ${version}, valid until ${isoTime(expires)}`);
	const also = targets === 'others' ? ', and targets keys for the list of releases' : '';
	printLine(
		world.err,
		`next: signalbox release sign with root keys, as many as the old root and the new one ask for${also}; then publish`,
	);
}
