import { problem } from '../../model/base/error.ts';
import { EXIT } from '../../model/base/error-codes.ts';
import { printJson, printLine } from '../../terminal/print.ts';
import { textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { type OpenKey, openKeys } from '../keys/open-key.ts';
import { changesOf } from '../repository/changes.ts';
import { type DetachedForm, formsOf, signManifests } from '../repository/detached.ts';
import { type Draft, isEmpty, putRole, readDraft } from '../repository/draft.ts';
import { isMet, sentenceOf, standingsOf } from '../repository/thresholds.ts';
import { type Common, placesOf, type Subcommand } from '../subcommand.ts';
import { addSignature, type KeyId, keyIdOf } from '../tuf-metadata.ts';

interface SignOptions extends Common {
	readonly keys: readonly string[];
	readonly passphraseFiles: readonly string[];
	readonly detached: readonly DetachedForm[];
}

/** `signalbox release sign`: adds signatures to a draft. It needs only the draft and a key. */
export const sign: Subcommand<SignOptions> = {
	name: 'sign',
	summary: 'sign a draft with the keys you have; several people sign one after the other',
	args: [],
	options: [
		['--key <file...>', 'the secret keys: Ed25519 of PKCS#8, OpenSSH or minisign'],
		['--passphrase-file <file...>', 'holds the passphrase in its first line; one for all keys, or one a key'],
		['--detached <form...>', 'sign the manifests by themselves too: minisign, ssh or both'],
	],
	examples: [
		{
			line: 'signalbox release sign --key keys/targets-1.pem',
			what: 'what the draft beside the repository changes is shown, and signed',
		},
		{
			line: 'signalbox release sign --key ~/.ssh/id_ed25519',
			what: 'a project without a root, whose boxes pin SSH keys',
		},
		{
			line: 'signalbox release sign --draft /media/stick/published.draft --key ada.pem',
			what: 'on another machine: the draft came on a stick',
		},
	],
	parse(given, common) {
		const keys = textsOf(given, 'key');
		if (keys.length === 0) throw usage('cannot sign without a key', 'name your secret key with --key');
		const odd = textsOf(given, 'detached').find((form) => !isForm(form));
		if (odd !== undefined)
			throw usage(`cannot use ${JSON.stringify(odd)} as --detached`, 'say minisign or ssh');
		return {
			...common,
			keys,
			passphraseFiles: textsOf(given, 'passphraseFile'),
			detached: textsOf(given, 'detached').filter(isForm),
		};
	},
	async run(options, world) {
		const directory = placesOf(options, world).draft;
		const draft = readDraft(directory);
		if (isEmpty(draft))
			throw usage(
				`cannot sign: there is no draft in ${directory}`,
				'signalbox release build makes one; --draft names another place',
			);
		const changes = changesOf(draft);
		if (options.output === 'text') for (const line of changes) printLine(world.out, line);
		const signed = signDraft(
			draft,
			await openKeys(options.keys, options.passphraseFiles, world),
			options.detached,
		);
		tell(readDraft(directory), signed, changes, options, world);
		return EXIT.done;
	},
};

function isForm(text: string): text is DetachedForm {
	return text === 'minisign' || text === 'ssh';
}

interface Signed {
	readonly what: string;
	readonly by: string;
}

/**
 * Signs everything that each key may sign. Throws `key-unusable` for a key that may sign nothing in the
 * draft.
 */
function signDraft(
	draft: Draft,
	keys: readonly OpenKey[],
	detached: readonly DetachedForm[],
): readonly Signed[] {
	return keys.flatMap((key) => {
		const forms = formsOf(draft, key, detached);
		const done = [
			...signRoles(draft.directory, key),
			...forms.flatMap((form) => signManifests(draft, key, form)),
		];
		if (done.length === 0) throw notAsked(key, keyIdOf(key.publicKey));
		return done.map((what) => ({ what, by: key.path }));
	});
}

function signRoles(directory: string, { publicKey, signer }: OpenKey): readonly string[] {
	const draft = readDraft(directory);
	const id = keyIdOf(publicKey);
	const { root, targets } = draft;
	const done: string[] = [];
	if (root !== undefined && rootSigners(draft).includes(id)) {
		putRole(draft, addSignature(root, id, signer.sign));
		done.push(`root ${root.contents.version}`);
	}
	if (targets !== undefined && targetsSigners(draft).includes(id)) {
		putRole(draft, addSignature(targets, id, signer.sign));
		done.push(`targets ${targets.contents.version}`);
	}
	return done;
}

/** A new root needs signatures by its own keys and by those of the previous root. */
function rootSigners({ root, base }: Draft): readonly KeyId[] {
	return [...(root?.contents.roles.root.keyIds ?? []), ...(base.root?.contents.roles.root.keyIds ?? [])];
}

function targetsSigners({ root, base }: Draft): readonly KeyId[] {
	return (root ?? base.root)?.contents.roles.targets.keyIds ?? [];
}

function notAsked({ path }: OpenKey, id: KeyId): Error {
	return problem(
		'key-unusable',
		`cannot sign with ${path}: nothing in the draft asks for a signature of this key`,
		'take a key that the root names, or rotate-root to add this one',
		{
			facts: { key: id },
		},
	);
}

function tell(
	draft: Draft,
	signed: readonly Signed[],
	changes: readonly string[],
	{ output }: SignOptions,
	world: World,
): void {
	const standings = standingsOf(draft);
	if (output === 'json') {
		const roles = standings.map(({ role, version, rule, signed: by, threshold }) => ({
			role,
			version,
			rule,
			signatures: by.length,
			threshold,
		}));
		printJson(world.out, { changes, signed, roles, complete: standings.every(isMet) });
		return;
	}
	for (const { what, by } of signed) printLine(world.out, `signed ${what} with ${by}`);
	for (const one of standings) printLine(world.out, sentenceOf(one));
	printLine(
		world.err,
		standings.every(isMet)
			? 'next: signalbox release publish'
			: 'next: hand the draft to another signer, who runs signalbox release sign --draft DIR',
	);
}
