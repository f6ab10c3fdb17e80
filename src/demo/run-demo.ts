/** One run of the demo: creates a complete system, plays the story, and removes everything. */
import { join, relative } from 'node:path';
import { EXIT } from '../model/base/error-codes.ts';
import type { SourceKind } from '../model/config/config.ts';
import { installation } from '../system/process/program.ts';
import { printJson, printLine } from '../terminal/print.ts';
import type { World } from '../terminal/world.ts';
import { LEFT } from '../unprivileged/operator/ask/follow.ts';
import type { Common } from '../unprivileged/operator/subcommand.ts';
import { type Author, makeAuthor } from './author.ts';
import { type Daemon, startKaren, startManager } from './daemon.ts';
import { type DemoBox, furnish, makeDemoBox } from './demo-box.ts';
import { endDemo } from './end-demo.ts';
import { chooseManagerUser } from './manager-user.ts';
import { GOOD, INSTALLED, LAST } from './releases.ts';
import { playStory } from './story.ts';
import { HOOK_PATH, requireTools } from './tools.ts';
import type { Transport } from './transport/transport.ts';

export interface DemoOptions extends Common {
	readonly afterwards: 'clean up' | 'keep';
	/** The transport of the releases. */
	readonly kind: SourceKind;
	/** Port of the manager on the loopback interface; for 0 the kernel picks a free one. */
	readonly port: number;
}

const BIN = join(installation, 'bin/signalbox');

/** The demo takes seconds; beyond this limit it hangs, even on a slow machine. */
const LIMIT = 180_000;

/** Runs the demo and returns the exit code. Throws `tool-missing` and `demo-failed`. */
export async function runDemo(options: DemoOptions, world: World): Promise<number> {
	requireTools(options.kind, HOOK_PATH);
	const started = world.clock.monotonic();
	const seconds = () => (world.clock.monotonic() - started) / 1000;
	const story: { readonly at: number; readonly sentence: string }[] = [];
	const tell = (sentence: string) => {
		story.push({ at: Math.round(seconds() * 10) / 10, sentence });
		printLine(
			options.output === 'json' ? world.err : world.out,
			`${seconds().toFixed(1).padStart(5)} s  ${sentence}`,
		);
	};
	const summary = await play(options, world, tell).catch((thrown) => leftOr(thrown, world));
	if (summary === 'left') {
		printLine(world.err, 'Demo stopped; everything was removed.');
		return LEFT;
	}
	if (options.output === 'json') printJson(world.out, { ...summary, story });
	return EXIT.done;
}

/** After Ctrl-C, follow-up errors are not reported. */
function leftOr(thrown: unknown, world: World): 'left' {
	if (world.interrupted.aborted) return 'left';
	throw thrown;
}

interface Summary {
	readonly root: string;
	readonly releases: string;
	readonly url: string;
}

/** Plays the story. Whatever happens, everything is ended and removed. */
async function play(options: DemoOptions, world: World, tell: (sentence: string) => void): Promise<Summary> {
	// The manager's user must be able to read the demo's files, whatever the caller's umask.
	const umask = process.umask(0o022);
	const box = makeDemoBox();
	const daemons: Daemon[] = [];
	const transports: Transport[] = [];
	const limited = { ...world, interrupted: AbortSignal.any([world.interrupted, AbortSignal.timeout(LIMIT)]) };
	try {
		const user = chooseManagerUser(world.uid, box.directory);
		const author = await makeAuthor(box.author, options.kind, limited);
		transports.push(author.transport);
		await publishFirst(author, tell);
		await furnish(box, options.kind, author, user.group, limited);
		tell(`Created a box with ${INSTALLED.version} in ${box.root}; it pins the author's TUF root.`);
		const karen = await startKaren(box, limited);
		daemons.push(karen);
		const manager = await startManager(box, options.port, user, limited);
		daemons.push(manager);
		const as =
			user.kind === 'other' ? `as the user ${user.name}, which can only send signals` : 'as the same user';
		tell(`Started karen (process ${karen.pid}), and the manager at ${manager.url} ${as}.`);
		await playStory({ box, author, url: manager.url, world: limited, tell });
		tell('Demo finished: every claim above was checked.');
		if (options.afterwards === 'keep') await keep(box, manager.url, world);
		return { root: box.root, releases: author.transport.url, url: manager.url };
	} finally {
		await endDemo(box, daemons, world);
		for (const transport of transports) await transport.close();
		process.umask(umask);
	}
}

async function publishFirst(author: Author, tell: (sentence: string) => void): Promise<void> {
	const releases = [INSTALLED, ...GOOD];
	await author.publish(releases);
	tell(
		`Signed ${releases.map(({ version }) => version).join(', ')} with new keys and published them at ${author.transport.url}.`,
	);
}

async function keep(box: DemoBox, url: string, world: World): Promise<void> {
	const here = relative(world.cwd, BIN);
	const command = `${here.startsWith('..') ? BIN : here} --root ${box.root}`;
	printLine(
		world.out,
		`The box runs until Ctrl-C. ${LAST.version}, as its author signed it, can be installed. From another shell:`,
	);
	for (const words of ['status', 'check', 'update', 'rollback', 'history', 'logs', 'signal hello Ada --wait'])
		printLine(world.out, `    ${command} ${words}`);
	printLine(world.out, `    curl ${url}/api/v1/status`);
	while (!world.interrupted.aborted) await world.clock.sleep(60_000, world.interrupted);
}
