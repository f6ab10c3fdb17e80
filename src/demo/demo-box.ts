/** The demo's box: a temporary directory with an installed release and some user data. */
import { createHash } from 'node:crypto';
import {
	chmodSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceKind } from '../model/config/config.ts';
import { nodeProgram } from '../system/process/program.ts';
import { runOrFail } from '../system/process/run-tool.ts';
import type { World } from '../terminal/world.ts';
import { runInit } from '../unprivileged/operator/init/run-init.ts';
import type { Author } from './author.ts';
import { INSTALLED, PRODUCT, writeRelease } from './releases.ts';
import { HOOK_PATH } from './tools.ts';

/** A uid without an account: other processes of `nobody` would count towards the fetcher's limits. */
const FETCHER_USER = 65_533;

export interface DemoBox {
	/** Contains everything of the demo; removed at its end. */
	readonly directory: string;
	readonly root: string;
	readonly state: string;
	/** The author's directory: keys and published releases. */
	readonly author: string;
}

/** Creates an empty directory that other users may pass through, so that the manager can be another user. */
export function makeDemoBox(): DemoBox {
	const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-demo-')));
	chmodSync(directory, 0o711);
	return {
		directory,
		root: join(directory, 'box'),
		state: join(directory, 'state'),
		author: join(directory, 'author'),
	};
}

/** Installs the first release, runs init with the author's TUF root pinned, and starts the service. */
export async function furnish(
	box: DemoBox,
	kind: SourceKind,
	{ transport, root }: Author,
	group: string,
	world: World,
): Promise<void> {
	writeRelease(INSTALLED, box.root);
	writeFileSync(join(box.root, 'db/visitors.txt'), 'Ada\nGrace\nHedy\n');
	writeFileSync(join(box.root, 'db/key'), 'the only copy of this key\n', { mode: 0o600 });
	mkdirSync(join(box.root, '.signalbox'), { mode: 0o700 });
	copyFileSync(root, pinnedRootOf(box));
	writeFileSync(join(box.root, '.signalbox/config.toml'), configOf(box, kind, transport.url, group), {
		mode: 0o600,
	});
	const words = {
		product: undefined,
		source: undefined,
		channel: undefined,
		trust: undefined,
		group: undefined,
		fetcher: undefined,
		kind: undefined,
		trustRoot: undefined,
		trustKeys: [],
		threshold: undefined,
		state: undefined,
	};
	await runInit(
		{ ...words, dir: box.root, root: undefined, config: undefined, output: 'text' },
		quiet(world),
	);
	const start = {
		program: join(box.root, 'service/start'),
		args: [],
		env: { PATH: HOOK_PATH.join(':') },
		cwd: box.root,
		timeout: 90_000,
	};
	await runOrFail(start, 'demo-failed', 'look at the facts: the demo’s service cannot be started');
}

function pinnedRootOf(box: DemoBox): string {
	return join(box.root, '.signalbox/root.json');
}

function configOf(box: DemoBox, kind: SourceKind, url: string, group: string): string {
	return `product = ${JSON.stringify(PRODUCT)}
state = ${JSON.stringify(box.state)}
group = ${JSON.stringify(group)}

[source]
kind = ${JSON.stringify(kind)}
url = ${JSON.stringify(url)}
channel = "main"

[trust]
mode = "tuf"
root = ${JSON.stringify(pinnedRootOf(box))}

[fetcher]
user = ${FETCHER_USER}  # reads the network, has no rights, and runs nothing else

[install]
data = ["db"]  # backed up with every update, and brought back with a rollback

[hooks]
path = ${JSON.stringify(HOOK_PATH)}
timeout = "1m"
`;
}

function quiet(world: World): World {
	const sink = { write: () => undefined, terminal: 'no', columns: () => 80 } as const;
	return { ...world, out: sink, err: sink };
}

/** Returns a digest of the user data: names and contents of everything in `db/`. */
export function digestOfData(box: DemoBox): string {
	return digestOf(box, ['db']);
}

/** Returns a digest of the release's own files, without those that change while it runs. */
export function digestOfRelease(box: DemoBox): string {
	return digestOf(box, ['info.json', 'service', 'scripts', 'events/triggers']);
}

function digestOf({ root }: DemoBox, names: readonly string[]): string {
	const hash = createHash('sha256');
	for (const path of names.flatMap((name) => filesIn(root, name)))
		hash
			.update(`${path}\0${statSync(join(root, path)).mode}\0`)
			.update(readFileSync(join(root, path)))
			.update('\0');
	return hash.digest('hex');
}

function filesIn(root: string, name: string): readonly string[] {
	if (!statSync(join(root, name)).isDirectory()) return [name];
	return readdirSync(join(root, name))
		.sort()
		.flatMap((one) => filesIn(root, join(name, one)));
}

export interface Answer {
	readonly version: string;
	readonly visitors: number;
}

/** Asks the demo's service. Throws `demo-failed` if it does not answer. */
export async function askService(box: DemoBox): Promise<Answer> {
	const ask = {
		program: nodeProgram,
		args: ['service/bell.mjs', 'ask'],
		env: {},
		cwd: box.root,
		timeout: 60_000,
	};
	// Unchecked: the caller compares the whole answer.
	return JSON.parse(
		await runOrFail(ask, 'demo-failed', 'look at logs/bell.log of the box (signalbox demo --keep)'),
	) as Answer;
}
