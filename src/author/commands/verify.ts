import { resolve } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { EXIT, exitCodeOf } from '../../model/base/error-codes.ts';
import { formatSize } from '../../model/base/units.ts';
import { TUF_LIMITS } from '../../model/publication/tuf.ts';
import { isoTime } from '../../system/clock.ts';
import { printJson, printLine, printTable } from '../../terminal/print.ts';
import { progressOn } from '../../terminal/progress.ts';
import { isGiven, textOf, textsOf, usage } from '../../terminal/subcommand.ts';
import type { World } from '../../terminal/world.ts';
import { fileAt } from '../repository/live.ts';
import { type Common, countOf, placesOf, type Subcommand } from '../subcommand.ts';
import { documentsAt, type Metadata } from '../verify/documents.ts';
import type { Findings, Look } from '../verify/findings.ts';
import { verifyRepository } from '../verify/verify-repository.ts';
import { policyOf, readIndex, verifySignatures } from '../verify/verify-signatures.ts';

interface VerifyOptions extends Common {
	readonly from: string | undefined;
	readonly root: string | undefined;
	/** minisign or SSH keys, as boxes pin them; empty: verify by the root. */
	readonly pinned: readonly string[];
	readonly threshold: number;
	readonly files: Look['files'];
}

/** `signalbox release verify`: checks the repository as a box would. */
export const verify: Subcommand<VerifyOptions> = {
	name: 'verify',
	summary: 'verify a published repository as a box does: signatures, dates, every file of every release',
	args: [['[from]', 'a directory or a URL; default: the repository']],
	options: [
		['--root <file>', 'the root that boxes pin; default: the first one of the repository itself'],
		['--pin <key...>', 'verify as a box that pins these keys of minisign or SSH: lines, or files with them'],
		['--threshold <n>', 'how many of them must have signed; default: 1'],
		['--no-files', 'stop at the manifests: for a git host, which carries no files'],
	],
	examples: [
		{ line: 'signalbox release verify', what: 'the repository ./published' },
		{
			line: 'signalbox release verify https://example.org/lamp --root root.json',
			what: 'what the web server gives, by the root that boxes have',
		},
	],
	parse(given, common) {
		return {
			...common,
			from: given.args[0],
			root: textOf(given, 'root'),
			pinned: textsOf(given, 'pin'),
			threshold: countOf(given, 'threshold', '--threshold') ?? 1,
			files: given.options['files'] === false || isGiven(given, 'noFiles') === 'yes' ? 'skipped' : 'read',
		};
	},
	async run(options, world) {
		const from = placeOf(options, world);
		const documents = documentsAt(from);
		const findings = await lookAround(documents, options, world);
		const faults = [
			...findings.faults,
			...findings.releases.flatMap(({ tag, faults: own }) => own.map((one) => `${tag}: ${one}`)),
		];
		if (options.output === 'json') printJson(world.out, jsonOf(from, findings, faults));
		else tell(findings, faults, world);
		return faults.length === 0 ? EXIT.done : exitCodeOf('not-verified');
	},
};

function placeOf(options: VerifyOptions, world: World): string {
	if (options.from === undefined) return placesOf(options, world).repository;
	return /^https?:\/\//.test(options.from) ? options.from : resolve(world.cwd, options.from);
}

async function pinnedRoot(documents: Metadata, { root }: VerifyOptions, world: World): Promise<Uint8Array> {
	if (root !== undefined) {
		const bytes = fileAt(resolve(world.cwd, root), TUF_LIMITS.root);
		if (bytes !== undefined) return bytes;
		throw usage(`cannot read the root ${root}: there is no such file`, 'name the root.json that boxes pin');
	}
	const first = await documents.document('metadata/1.root.json', TUF_LIMITS.root);
	if (first === undefined)
		throw usage(
			'cannot verify: there is no metadata/1.root.json',
			'name a published repository, or its root with --root',
		);
	printLine(
		world.err,
		'WARNING: the root is taken from the repository itself: give --root to know that it is the one that boxes pin',
	);
	return first;
}

async function lookAround(documents: Metadata, options: VerifyOptions, world: World): Promise<Findings> {
	const line = progressOn(world.err);
	const look: Look = {
		files: options.files,
		onProgress: (tag, percent) => {
			if (world.err.terminal === 'yes') line.show(percent, tag);
		},
	};
	try {
		if (options.pinned.length === 0)
			return await verifyRepository(
				documents,
				await pinnedRoot(documents, options, world),
				world.clock.now(),
				look,
			);
		const policy = policyOf(
			options.pinned.map((one) => keyLine(one, world)),
			options.threshold,
		);
		return await verifySignatures(documents, policy, await readIndex(documents), look);
	} finally {
		line.clear();
	}
}

/** Returns a key in configuration form, given directly or in a file. */
function keyLine(one: string, { cwd }: World): string {
	if (/^(RW|ssh-)/.test(one)) return one;
	const bytes = fileAt(resolve(cwd, one), 64 * 1024);
	if (bytes === undefined)
		throw usage(
			`cannot pin ${one}: there is no such file`,
			'give the key itself, or the .pub file that holds it',
		);
	return Buffer.from(bytes).toString('utf8');
}

function jsonOf(from: string, { roles, channels, releases }: Findings, faults: readonly string[]) {
	const error = problem(
		'not-verified',
		`the repository has faults: ${faults.length}`,
		'correct the faults, and publish again',
		{
			facts: { faults },
		},
	).record;
	return {
		...(faults.length === 0 ? {} : { error }),
		from,
		roles: roles.map(({ role, version, expires }) => ({ role, version, expires: isoTime(expires) })),
		channels: Object.fromEntries(channels),
		releases,
	};
}

function tell({ roles, channels, releases }: Findings, faults: readonly string[], world: World): void {
	if (roles.length > 0)
		printTable(world.out, [
			['role', 'version', 'valid until'],
			...roles.map(({ role, version, expires }) => [role, String(version), isoTime(expires)]),
		]);
	for (const [channel, { tag, minimumSafeVersion }] of channels)
		printLine(
			world.out,
			`channel ${channel}: ${tag}${minimumSafeVersion === null ? '' : `, nothing below ${minimumSafeVersion} is safe`}`,
		);
	for (const { tag, files, bytes, faults: own } of releases)
		printLine(
			world.out,
			`release ${tag}: ${own.length === 0 ? 'valid' : 'INVALID'}, ${files} files, ${formatSize(bytes)}`,
		);
	for (const fault of faults) printLine(world.err, `  ${fault}`);
}
