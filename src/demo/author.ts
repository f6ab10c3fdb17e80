/** The demo's author: makes keys, then builds, signs and publishes with the real `signalbox release`. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceKind } from '../model/config/config.ts';
import { cacheEnvironment, installation } from '../system/process/program.ts';
import { runOrFail } from '../system/process/run-tool.ts';
import { progressOn } from '../terminal/progress.ts';
import type { World } from '../terminal/world.ts';
import { type DemoRelease, PRODUCT, writeRelease } from './releases.ts';
import { HOOK_PATH } from './tools.ts';
import { openTransport } from './transport/open-transport.ts';
import type { Transport } from './transport/transport.ts';

const BIN = join(installation, 'bin/signalbox');
/** Limit of one author command, in milliseconds. */
const LIMIT = 60_000;

export interface Author {
	/** The transport of the releases to the box. */
	readonly transport: Transport;
	/** The TUF root that boxes pin. */
	readonly root: string;
	/** Builds, signs and publishes releases in order; the last one is announced as the newest. */
	publish(releases: readonly DemoRelease[]): Promise<void>;
}

/** Creates an author with new keys in `directory`. Throws `demo-failed`. */
export async function makeAuthor(directory: string, kind: SourceKind, world: World): Promise<Author> {
	// Other users may read what is published; the keys' own modes protect them.
	mkdirSync(directory, { mode: 0o711 });
	const published = join(directory, 'published');
	const transport = await openTransport(kind, directory, published, world);
	const root = join(directory, 'root.json');
	const release = (...words: readonly string[]) => runRelease(directory, words, world);
	await showing(world, [['keygen', '--small', '--plain']], release);
	copyFileSync(join(directory, 'published.draft/metadata/1.root.json'), root);
	return {
		transport,
		root,
		async publish(releases) {
			for (const one of releases) {
				const tree = join(directory, treeOf(one));
				writeRelease(one, tree);
				await transport.take(tagOf(one), tree);
			}
			const builds = releases.map((one) => ['build', '--from', treeOf(one), '--product', PRODUCT]);
			const out = [
				['sign', '--key', 'keys/targets.pem'],
				['publish', '--key', 'keys/online.pem', ...transport.publishWords],
			];
			await showing(world, [...builds, ...out], release);
		},
	};
}

/** Returns the tag under which a release is published. */
export function tagOf({ version }: DemoRelease): string {
	return `v${version}`;
}

function treeOf({ version }: DemoRelease): string {
	return `${PRODUCT}-${version}`;
}

/** Runs commands one after another and prints each as a user would type it. */
async function showing(
	world: World,
	commands: readonly (readonly string[])[],
	run: (...words: readonly string[]) => Promise<void>,
): Promise<void> {
	const line = progressOn(world.err);
	try {
		for (const [done, words] of commands.entries()) {
			line.show(Math.max(1, (100 * done) / commands.length), `author: signalbox release ${words.join(' ')}`);
			await run(...words);
		}
	} finally {
		line.clear();
	}
}

/** Runs a separate process, as a real author does. */
async function runRelease(cwd: string, words: readonly string[], { interrupted }: World): Promise<void> {
	const run = {
		program: BIN,
		args: ['release', ...words],
		env: {
			PATH: HOOK_PATH.join(':'),
			LC_ALL: 'C',
			NODE_COMPILE_CACHE: join(cwd, 'compile-cache'),
			...cacheEnvironment(),
		},
		cwd,
		timeout: LIMIT,
		signal: interrupted,
	};
	await runOrFail(run, 'demo-failed', 'the demo cannot publish its releases; look at the facts');
}
