/** The demo's author: makes keys, and builds, signs and publishes releases with the real `signalbox release`, in a directory. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sha256 } from '../../../model/manifest.ts';
import { contentPath, manifestPathOf } from '../../../model/repository.ts';
import { parseTag } from '../../../model/tag.ts';
import { cacheEnvironment } from '../../../system/program.ts';
import { runOrFail } from '../../../system/run-tool.ts';
import { progressOn } from '../../../terminal/progress.ts';
import type { World } from '../../../terminal/world.ts';
import { type DemoRelease, PRODUCT, writeRelease } from './releases.ts';
import { HOOK_PATH } from './tools.ts';

const BIN = fileURLToPath(new URL('../../../../bin/signalbox', import.meta.url));
/** What one command of the author may take, in milliseconds. */
const LIMIT = 60_000;

export interface Author {
	/** The repository that boxes see. */
	readonly published: string;
	/** The root that boxes pin: which keys count. */
	readonly root: string;
	/** Builds, signs and publishes releases, in their order; the last one is announced. */
	publish(releases: readonly DemoRelease[]): Promise<void>;
	/** Changes the bytes of one file of a published release where they lie, as who carries it could. Returns what puts them back. */
	tamper(release: DemoRelease, path: string, change: (text: string) => string): Promise<() => void>;
}

/** Makes an author with new keys in `directory`. Throws `demo-failed`. */
export async function makeAuthor(directory: string, world: World): Promise<Author> {
	mkdirSync(directory, { mode: 0o700 });
	const published = join(directory, 'published');
	const root = join(directory, 'root.json');
	const release = (...words: readonly string[]) => runRelease(directory, words, world);
	await showing(world, [['keygen', '--small', '--plain']], release);
	copyFileSync(join(directory, 'published.draft/metadata/1.root.json'), root);
	return {
		published,
		root,
		async publish(releases) {
			for (const one of releases) writeRelease(one, join(directory, treeOf(one)));
			const builds = releases.map((one) => ['build', '--from', treeOf(one), '--product', PRODUCT]);
			const out = [
				['sign', '--key', 'keys/targets.pem'],
				['publish', '--key', 'keys/online.pem'],
			];
			await showing(world, [...builds, ...out], release);
		},
		async tamper(one, path, change) {
			const place = join(published, contentPath(await digestIn(published, one, path)));
			const bytes = readFileSync(place);
			writeFileSync(place, change(bytes.toString('utf8')));
			return () => writeFileSync(place, bytes);
		},
	};
}

function treeOf({ version }: DemoRelease): string {
	return `${PRODUCT}-${version}`;
}

/** Runs commands one after another, each shown as one would type it. */
async function showing(
	world: World,
	commands: readonly (readonly string[])[],
	run: (...words: readonly string[]) => Promise<void>,
): Promise<void> {
	const line = progressOn(world.err);
	try {
		for (const [done, words] of commands.entries()) {
			line.show(Math.max(1, (100 * done) / commands.length), `the author: signalbox release ${words.join(' ')}`);
			await run(...words);
		}
	} finally {
		line.clear();
	}
}

/** A process of its own, as authors have it: nothing of theirs is loaded where a box is. */
async function runRelease(cwd: string, words: readonly string[], { interrupted }: World): Promise<void> {
	const run = {
		program: BIN,
		args: ['release', ...words],
		env: { PATH: HOOK_PATH.join(':'), LC_ALL: 'C', NODE_COMPILE_CACHE: join(cwd, 'compile-cache'), ...cacheEnvironment() },
		cwd,
		timeout: LIMIT,
		signal: interrupted,
	};
	await runOrFail(run, 'demo-failed', 'the demo could not publish its releases; look at the facts');
}

/** Loaded here, so that no other command waits for the parsers. */
async function digestIn(published: string, { version }: DemoRelease, path: string): Promise<Sha256> {
	const { parseReleaseManifest } = await import('../../../model/release-manifest.ts');
	const tag = parseTag(`v${version}`);
	const files = tag === undefined ? [] : parseReleaseManifest(readFileSync(join(published, manifestPathOf(tag)))).files;
	const entry = files.find((file) => file.path === path);
	if (entry?.kind === 'file') return entry.sha256;
	throw new Error(`${version} of the demo has no file ${path}`);
}
