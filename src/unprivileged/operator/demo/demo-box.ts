/** The demo's box: a temporary directory with an installed release, some data of its user, and a repository of releases. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeProgram } from '../../../system/program.ts';
import { runOrFail } from '../../../system/run-tool.ts';
import type { World } from '../../../terminal/world.ts';
import { init } from '../commands/init.ts';
import { INSTALLED, writeRelease } from './releases.ts';
import { TOOL_PATH } from './tools.ts';

export interface DemoBox {
	/** Everything of the demo; removed at its end. */
	readonly directory: string;
	readonly root: string;
	readonly state: string;
	readonly releases: string;
}

/** PATH of hooks: the Node that runs us comes first, because the demo's service is a Node program. */
export const HOOK_PATH: readonly string[] = [dirname(nodeProgram), ...TOOL_PATH];

/** Makes an empty directory for the demo. Others may pass through it, so that the manager can be another user. */
export function makeDemoBox(): DemoBox {
	const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-demo-')));
	chmodSync(directory, 0o711);
	return { directory, root: join(directory, 'box'), state: join(directory, 'state'), releases: join(directory, 'releases') };
}

/** Installs the first release, as a box has it on its first day, makes a root of it, and starts its service. */
export async function furnish(box: DemoBox, group: string, world: World): Promise<void> {
	writeRelease(INSTALLED, box.root);
	writeFileSync(join(box.root, 'db/visitors.txt'), 'Ada\nGrace\nHedy\n');
	writeFileSync(join(box.root, 'db/key'), 'the only copy of this key\n', { mode: 0o600 });
	mkdirSync(join(box.root, '.signalbox'), { mode: 0o700 });
	writeFileSync(join(box.root, '.signalbox/config.toml'), configOf(box, group), { mode: 0o600 });
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
	await init.run({ ...words, dir: box.root, root: undefined, config: undefined, output: 'text' }, quiet(world));
	const start = { program: join(box.root, 'service/start'), args: [], env: { PATH: HOOK_PATH.join(':') }, cwd: box.root, timeout: 15_000 };
	await runOrFail(start, 'demo-failed', 'look at the facts: the demo’s service could not be started');
}

function configOf(box: DemoBox, group: string): string {
	return `product = "bell"
state = ${JSON.stringify(box.state)}
group = ${JSON.stringify(group)}

[source]
kind = "git"
url = ${JSON.stringify(box.releases)}
channel = "main"

[trust]
mode = "unsigned"  # a demo; a real box verifies its releases

[fetcher]
user = 65534  # nobody; a real box has a user of its own for this

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

/** Returns a digest of the user's data: names and contents of all in `db/`. */
export function digestOfData(box: DemoBox): string {
	const hash = createHash('sha256');
	for (const name of readdirSync(join(box.root, 'db')).sort())
		hash
			.update(`${name}\0`)
			.update(readFileSync(join(box.root, 'db', name)))
			.update('\0');
	return hash.digest('hex');
}

export interface Answer {
	readonly version: string;
	readonly visitors: number;
}

/** Asks the demo's service. Throws `demo-failed` when it does not answer. */
export async function askService(box: DemoBox): Promise<Answer> {
	const ask = { program: nodeProgram, args: ['service/bell.mjs', 'ask'], env: {}, cwd: box.root, timeout: 10_000 };
	// It is our own service; what is wrong in its answer shows in the comparison.
	return JSON.parse(await runOrFail(ask, 'demo-failed', 'look at logs/bell.log of the box (signalbox demo --keep)')) as Answer;
}
