import { resolve } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { EXIT } from '../../model/base/error-codes.ts';
import { printJson, printLine, printTable } from '../../terminal/print.ts';
import { isGiven, textOf, textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { type FirstRoot, firstRoot, type KeyRole, keyRolesOf } from '../keys/first-root.ts';
import { keyPaths, requireFree, writeKey } from '../keys/key-files.ts';
import { passphrasesFrom } from '../keys/passphrase.ts';
import { makeKey, type NewKey } from '../keys/secret-pem.ts';
import { putRole, readDraft } from '../repository/draft.ts';
import { readLive } from '../repository/live.ts';
import { type Common, countOf, expiryAfter, placesOf, type Subcommand, spanOf } from '../subcommand.ts';
import { validSigners } from '../tuf-metadata.ts';

interface KeygenOptions extends Common {
	readonly keys: string;
	/** Makes one key with this name, and no root. */
	readonly only: string | undefined;
	readonly team: 'usual' | 'small';
	readonly existing: Readonly<Record<KeyRole, readonly string[]>>;
	readonly thresholds: Readonly<Partial<Record<KeyRole, number>>>;
	readonly secrecy: 'passphrase' | 'plain';
	readonly passphraseFiles: readonly string[];
	readonly lasts: number;
}

/** `signalbox release keygen`: makes a project's keys and the root that names them. */
export const keygen: Subcommand<KeygenOptions> = {
	name: 'keygen',
	summary: 'make the keys of a project, and the first root that boxes will trust',
	args: [],
	options: [
		['--keys <dir>', 'where the keys are written; default: keys'],
		['--small', 'one key per role, for a project of one person: a stolen key controls the boxes'],
		['--only <name>', 'make one key, for a colleague to name, and no root'],
		['--root-key <file...>', 'public keys for root, in place of new ones (PEM or OpenSSH Ed25519)'],
		['--targets-key <file...>', 'the same for targets: those who sign releases'],
		['--online-key <file...>', 'the same for snapshot and timestamp'],
		['--root-threshold <n>', 'how many root keys must sign; default: 2'],
		['--targets-threshold <n>', 'how many targets keys must sign; default: 2'],
		['--passphrase-file <file...>', 'a file whose first line is the passphrase, for use without a terminal'],
		['--plain', 'do not encrypt the new keys'],
		['--expires <span>', 'how long the root is valid; default: 730d'],
	],
	examples: [
		{
			line: 'signalbox release keygen',
			what: 'three root keys (two must sign), two targets keys (both must), one online key',
		},
		{
			line: 'signalbox release keygen --small --passphrase-file ~/passphrase',
			what: 'one person, one laptop',
		},
		{
			line: 'signalbox release keygen --only ada',
			what: 'keys/ada.pem to keep and keys/ada.pub to hand over',
		},
	],
	parse(given, common) {
		const thresholds = {
			root: countOf(given, 'rootThreshold', '--root-threshold'),
			targets: countOf(given, 'targetsThreshold', '--targets-threshold'),
		};
		const only = textOf(given, 'only');
		if (only !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/.test(only))
			throw usage(
				`cannot use ${JSON.stringify(only)} as the name of a key`,
				'letters, digits, - _ and . make a name',
			);
		return {
			...common,
			keys: textOf(given, 'keys') ?? 'keys',
			only,
			team: isGiven(given, 'small') === 'yes' ? 'small' : 'usual',
			existing: {
				root: textsOf(given, 'rootKey'),
				targets: textsOf(given, 'targetsKey'),
				online: textsOf(given, 'onlineKey'),
			},
			thresholds: {
				...(thresholds.root === undefined ? {} : { root: thresholds.root }),
				...(thresholds.targets === undefined ? {} : { targets: thresholds.targets }),
			},
			secrecy: isGiven(given, 'plain') === 'yes' ? 'plain' : 'passphrase',
			passphraseFiles: textsOf(given, 'passphraseFile'),
			lasts: spanOf(given, 'expires', '730d'),
		};
	},
	async run(options, world) {
		return options.only === undefined
			? await makeProject(options, world)
			: await makeOne(options.only, options, world);
	},
};

async function makeOne(name: string, options: KeygenOptions, world: World): Promise<number> {
	const directory = resolve(world.cwd, options.keys);
	requireFree(directory, [name]);
	const passphrase = await passphraseFor(options, world);
	const key = makeKey();
	writeKey(directory, name, key, passphrase);
	const [secret, publicOne] = keyPaths(directory, name);
	if (options.output === 'json') printJson(world.out, { secret, public: publicOne, key: key.publicKey.hex });
	else printLine(world.out, `made ${secret}, which stays secret, and ${publicOne}, which may be shared`);
	return EXIT.done;
}

async function makeProject(options: KeygenOptions, world: World): Promise<number> {
	const places = placesOf(options, world);
	const draft = readDraft(places.draft);
	if (readLive(places.repository).root !== undefined || draft.root !== undefined)
		throw problem(
			'would-overwrite',
			`cannot make a first root: ${places.repository} or its draft has one`,
			'signalbox release rotate-root changes keys',
			{
				facts: { ...places },
			},
		);
	const directory = resolve(world.cwd, options.keys);
	const roles = keyRolesOf(options.team, options.existing, options.thresholds, world.cwd);
	const names = roles.flatMap(({ made }) => made);
	requireFree(directory, names);
	const passphrase = names.length === 0 ? undefined : await passphraseFor(options, world);
	const made = new Map(names.map((name) => [name, makeKey()] as const));
	const first = firstRoot(roles, made, expiryAfter(options.lasts, world));
	for (const [name, key] of made) writeKey(directory, name, key, passphrase);
	const rootNames = roles.find(({ role }) => role === 'root')?.made ?? [];
	const root = first.signedWith(rootNames.flatMap((name) => made.get(name) ?? []));
	putRole(draft, root);
	tell(first, made, directory, validSigners(root, root).length, options, world);
	return EXIT.done;
}

async function passphraseFor(
	{ secrecy, passphraseFiles }: KeygenOptions,
	world: World,
): Promise<string | undefined> {
	if (secrecy === 'passphrase') return await passphrasesFrom(passphraseFiles, world).choose();
	printLine(
		world.err,
		'WARNING: the new keys are not encrypted: every user who can read the files can sign with them',
	);
	return undefined;
}

function tell(
	first: FirstRoot,
	made: ReadonlyMap<string, NewKey>,
	directory: string,
	signed: number,
	{ output }: KeygenOptions,
	world: World,
): void {
	for (const { role, threshold } of first.roles)
		if (role !== 'online' && threshold === 1)
			printLine(
				world.err,
				`WARNING: one ${role} key alone is enough: a thief of it ${role === 'root' ? 'controls every box permanently' : 'can publish releases'}`,
			);
	const secrets = [...made.keys()].map((name) => keyPaths(directory, name)[0]);
	if (output === 'json') {
		printJson(world.out, {
			keys: secrets,
			roles: first.roles.map(({ role, threshold, keys }) => ({ role, threshold, keys: keys.length })),
			signatures: signed,
		});
		return;
	}
	printTable(world.out, [
		['role', 'must sign', 'keys'],
		...first.roles.map(({ role, threshold, keys }) => [
			role,
			`${threshold} of ${keys.length}`,
			keys.map(({ name }) => name).join(' '),
		]),
	]);
	const missing = (first.roles.find(({ role }) => role === 'root')?.threshold ?? 1) - signed;
	if (missing > 0)
		printLine(
			world.err,
			`the root needs ${missing} more signature${missing === 1 ? '' : 's'}: signalbox release sign --key FILE`,
		);
	if (secrets.length > 0)
		printLine(
			world.err,
			`next: take the root keys in ${directory} off this machine, each to a place of its own; then signalbox release build`,
		);
}
