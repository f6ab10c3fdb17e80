/**
 * `signalbox-tuf-client`: the updater's TUF client as a command, to inspect a repository as a box would and
 * for the public tuf-conformance suite. Exits with 0 or 1, with the error on stderr.
 */
import { join } from 'node:path';
import { problem, recordOf } from '../../../model/base/error.ts';
import { TUF_LIMITS } from '../../../model/publication/tuf.ts';
import { systemClock } from '../../../system/clock.ts';
import { makeDirectory } from '../../../system/files/directories.ts';
import { readSmall } from '../../../system/files/read-file.ts';
import { replaceDurably } from '../../../system/files/replace-file.ts';
import { checkRoot, openTuf, type Tuf } from '../../../system/tuf/client.ts';
import { tufPolicy } from '../../../trust/tuf/policy.ts';
import { verifyTarget } from '../../../trust/tuf/target.ts';
import type { Verified } from '../../../trust/verified.ts';
import { type Command, parseCommand, USAGE } from './arguments.ts';
import { httpWorld } from './http-world.ts';

async function run(command: Command): Promise<void> {
	switch (command.kind) {
		case 'help':
			process.stdout.write(USAGE);
			return;
		case 'init':
			return init(command.metadataDir, rootIn(command.root));
		case 'refresh':
			return withClient(command.metadataDir, command.metadataUrl, undefined, (tuf) => tuf.refresh());
		case 'download':
			return withClient(command.metadataDir, command.metadataUrl, command.targetBaseUrl, async (tuf) => {
				makeDirectory(command.targetDir, 0o755);
				for (const target of command.targets) await download(tuf, target, command.targetDir);
			});
	}
}

/** The pinned root is beside the store, which never writes it. No role can have this name. */
const pinOf = (metadataDir: string) => join(metadataDir, 'pinned-root');

function init(metadataDir: string, root: Uint8Array): void {
	checkRoot(root, tufPolicy);
	makeDirectory(metadataDir, 0o700);
	replaceDurably(pinOf(metadataDir), root);
	replaceDurably(join(metadataDir, 'root.json'), root);
}

function rootIn(path: string): Uint8Array {
	const found = readSmall(path, TUF_LIMITS.root);
	if (found.kind === 'file') return found.bytes;
	throw problem(
		'trust-root-invalid',
		`cannot read the root of trust ${path}: ${found.kind}`,
		'name the root.json of the repository',
		{
			facts: { path },
		},
	);
}

async function withClient(
	metadataDir: string,
	metadata: string,
	targets: string | undefined,
	act: (tuf: Tuf<Verified<Uint8Array>>) => Promise<void>,
): Promise<void> {
	const world = httpWorld({ metadata, targets }, systemClock.now());
	const tuf = openTuf(metadataDir, rootIn(pinOf(metadataDir)), world, tufPolicy);
	try {
		await act(tuf);
	} finally {
		tuf.close();
	}
}

/** Skips a target that is already present as it was signed. */
async function download(tuf: Tuf<Verified<Uint8Array>>, target: string, dir: string): Promise<void> {
	const signed = await tuf.find(target);
	const path = join(dir, encodeURIComponent(target));
	const present = readSmall(path, signed.length);
	if (present.kind === 'file' && isAsSigned(() => verifyTarget(signed, present.bytes))) return;
	replaceDurably(path, await tuf.target(target), { mode: 0o644 });
}

function isAsSigned(verify: () => unknown): boolean {
	try {
		verify();
		return true;
	} catch {
		return false;
	}
}

try {
	await run(parseCommand(process.argv.slice(2)));
} catch (thrown) {
	const { code, message, hint } = recordOf(thrown);
	process.stderr.write(`signalbox-tuf-client: ${message} [${code}]\n  hint: ${hint}\n`);
	process.exitCode = 1;
}
