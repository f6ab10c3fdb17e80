import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceKind } from '../../../model/config.ts';
import { EXIT } from '../../../model/error.ts';
import { printJson, printLine } from '../../../terminal/print.ts';
import { isGiven, textOf, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { type Author, makeAuthor } from '../demo/author.ts';
import type { Carrier } from '../demo/carrier/carrier.ts';
import { type Daemon, startKaren, startManager } from '../demo/daemon.ts';
import { type DemoBox, furnish, makeDemoBox } from '../demo/demo-box.ts';
import { endDemo } from '../demo/end-demo.ts';
import { chooseManagerUser } from '../demo/manager-user.ts';
import { GOOD, INSTALLED, LAST } from '../demo/releases.ts';
import { playStory } from '../demo/story.ts';
import { HOOK_PATH, requireTools } from '../demo/tools.ts';
import { LEFT } from '../follow.ts';
import { kindOf } from '../source-kind.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface DemoOptions extends Common {
	readonly afterwards: 'clean up' | 'keep';
	/** How the releases come to the box. */
	readonly kind: SourceKind;
	/** 0: any that is free. */
	readonly port: number;
}

const BIN = fileURLToPath(new URL('../../../../bin/signalbox', import.meta.url));

/** The whole demo takes seconds; on the slowest box it is stuck beyond this. */
const LIMIT = 180_000;

/** `signalbox demo`: everything at once, in a temporary root. */
export const demo: Subcommand<DemoOptions> = {
	name: 'demo',
	summary: 'show everything on this machine: a box, its releases, an update, a bad release, the rollback',
	args: [],
	options: [
		['--keep', 'leave it running at the end, to play with, until Ctrl-C'],
		['--kind <kind>', 'how releases come to the box: directory (no network), publisher (a web server) or git; default: directory'],
		['--port <n>', 'where the manager answers; default: any port that is free'],
	],
	examples: [
		{ line: 'signalbox demo', what: 'a few seconds, in a temporary directory that is removed at the end' },
		{ line: 'signalbox demo --kind git', what: 'the same, with a git host that moves a tag' },
		{ line: 'signalbox demo --keep --port 3006', what: 'the first one, and then a box to play with' },
	],
	parse(given, common) {
		const written = textOf(given, 'port') ?? '0';
		const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN;
		if (!(port <= 65_535))
			throw usage(`cannot use ${JSON.stringify(written)} as --port`, 'name a number from 1 to 65535, or leave the option out');
		return { ...common, afterwards: isGiven(given, 'keep') === 'yes' ? 'keep' : 'clean up', kind: kindOf(given) ?? 'directory', port };
	},
	async run(options, world) {
		requireTools(options.kind, HOOK_PATH);
		const started = world.clock.monotonic();
		const seconds = () => (world.clock.monotonic() - started) / 1000;
		const story: { readonly at: number; readonly sentence: string }[] = [];
		const tell = (sentence: string) => {
			story.push({ at: Math.round(seconds() * 10) / 10, sentence });
			printLine(options.output === 'json' ? world.err : world.out, `${seconds().toFixed(1).padStart(5)} s  ${sentence}`);
		};
		const summary = await play(options, world, tell).catch((thrown) => leftOr(thrown, world));
		if (summary === 'left') {
			printLine(world.err, 'the demo was stopped; nothing of it is left');
			return LEFT;
		}
		if (options.output === 'json') printJson(world.out, { ...summary, story });
		return EXIT.done;
	},
};

/** Whatever broke because of Ctrl-C is no error of its own. */
function leftOr(thrown: unknown, world: World): 'left' {
	if (world.interrupted.aborted) return 'left';
	throw thrown;
}

interface Summary {
	readonly root: string;
	readonly releases: string;
	readonly url: string;
}

/** Whatever happens on the way, nothing of the demo is left behind. */
async function play(options: DemoOptions, world: World, tell: (sentence: string) => void): Promise<Summary> {
	// Modes of a demo that others take part in must not depend on the caller's habits.
	const umask = process.umask(0o022);
	const box = makeDemoBox();
	const daemons: Daemon[] = [];
	const carriers: Carrier[] = [];
	const limited = { ...world, interrupted: AbortSignal.any([world.interrupted, AbortSignal.timeout(LIMIT)]) };
	try {
		const user = chooseManagerUser(world.uid, box.directory);
		const author = await makeAuthor(box.author, options.kind, limited);
		carriers.push(author.carrier);
		await publishFirst(author, tell);
		await furnish(box, options.kind, author, user.group, limited);
		tell(`a box with ${INSTALLED.version} in ${box.root}, which has pinned the author's root`);
		const karen = await startKaren(box, limited);
		daemons.push(karen);
		const manager = await startManager(box, options.port, user, limited);
		daemons.push(manager);
		const as = user.kind === 'other' ? `as ${user.name}, who may only ring` : 'as the same user';
		tell(`karen runs (process ${karen.pid}); the manager answers on ${manager.url}, ${as}`);
		await playStory({ box, author, url: manager.url, world: limited, tell });
		tell('all went as told');
		if (options.afterwards === 'keep') await keep(box, manager.url, world);
		return { root: box.root, releases: author.carrier.url, url: manager.url };
	} finally {
		await endDemo(box, daemons, world);
		for (const carrier of carriers) await carrier.close();
		process.umask(umask);
	}
}

async function publishFirst(author: Author, tell: (sentence: string) => void): Promise<void> {
	const releases = [INSTALLED, ...GOOD];
	await author.publish(releases);
	tell(`an author made keys, and signed and published ${releases.map(({ version }) => version).join(', ')} at ${author.carrier.url}`);
}

async function keep(box: DemoBox, url: string, world: World): Promise<void> {
	const here = relative(world.cwd, BIN);
	const command = `${here.startsWith('..') ? BIN : here} --root ${box.root}`;
	printLine(world.out, `the box stays until Ctrl-C, with ${LAST.version}, as it was signed, to be installed; from another shell:`);
	for (const words of ['status', 'check', 'update', 'rollback', 'history', 'logs', 'signal hello Ada --wait'])
		printLine(world.out, `    ${command} ${words}`);
	printLine(world.out, `    curl ${url}/api/v1/status`);
	while (!world.interrupted.aborted) await world.clock.sleep(60_000, world.interrupted);
}
