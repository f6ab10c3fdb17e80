/**
 * Bundles every program into one file of `dist/`: node scripts/dev/build.ts. Does nothing where `dist/` was
 * built from these very sources. `npm ci`, `npm test` and `npm run build` call it, and so do the launchers
 * when a source is newer (bin/launch.sh).
 */
import { accessSync, constants, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAMS } from '../../src/system/process/program.ts';
import { sourcesDigest } from './build/digest.ts';
import { fileNames, newDirectory, putInPlace, readStamp, STAMP } from './build/directory.ts';

const TOP = join(import.meta.dirname, '../..');
const DIST = join(TOP, 'dist');
/** A source changed in the same second as its digest was taken is looked at once more. */
const MARGIN_SECONDS = 1;

type Esbuild = typeof import('esbuild');

/** What CommonJS packages expect to be there, and an ES module does not have. */
const COMMONJS = `import { createRequire as requireOfBundle } from 'node:module';
const require = requireOfBundle(import.meta.url);
const { filename: __filename, dirname: __dirname } = import.meta;`;

async function bundleInto(directory: string, esbuild: Esbuild): Promise<void> {
	const entries = Object.entries(PROGRAMS).map(([name, path]) => [name, `src/${path}.ts`]);
	await esbuild.build({
		absWorkingDir: TOP,
		entryPoints: Object.fromEntries(entries),
		outdir: directory,
		bundle: true,
		platform: 'node',
		format: 'esm',
		target: 'node24',
		banner: { js: COMMONJS },
		sourcemap: 'linked',
		sourcesContent: false,
		logLevel: 'error',
	});
}

function isBuiltFrom(digest: string): boolean {
	const present = fileNames(DIST);
	return readStamp(DIST) === digest && Object.keys(PROGRAMS).every((name) => present.includes(`${name}.js`));
}

/** Saves the next start the digest. Another user may not, and takes it again. */
function markCurrent(seconds: number): void {
	try {
		utimesSync(join(DIST, STAMP), seconds, seconds);
	} catch {
		// Only its owner can.
	}
}

function canWrite(directory: string): boolean {
	try {
		accessSync(directory, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}

/** Undefined where the packages of development are not installed. */
async function findBundler(): Promise<Esbuild | undefined> {
	try {
		return await import('esbuild');
	} catch {
		return undefined;
	}
}

/** Prints what failed and what to do, and returns the exit code. */
function refuse(why: string, hint: string): number {
	const state = fileNames(DIST).length === 0 ? 'are not built' : 'are older than src/';
	process.stderr.write(`signalbox: the programs in ${DIST} ${state}, ${why}: ${hint}\n`);
	return 2;
}

async function main(): Promise<number> {
	const seconds = Math.floor(Date.now() / 1000) - MARGIN_SECONDS;
	const began = performance.now();
	const digest = sourcesDigest(TOP);
	if (isBuiltFrom(digest)) {
		markCurrent(seconds);
		return 0;
	}
	if (!canWrite(TOP))
		return refuse('and you may not write there', `run 'npm run build' in ${TOP} as its owner`);
	const esbuild = await findBundler();
	if (esbuild === undefined)
		return refuse('and the bundler is not installed', `run 'npm ci' and 'npm run build' in ${TOP}`);
	const directory = newDirectory(TOP);
	try {
		await bundleInto(directory, esbuild);
		putInPlace(directory, DIST, digest, seconds);
	} catch (thrown) {
		rmSync(directory, { recursive: true, force: true });
		return refuse('and building them failed', thrown instanceof Error ? thrown.message : String(thrown));
	}
	process.stderr.write(`signalbox: built dist/ (${((performance.now() - began) / 1000).toFixed(1)} s)\n`);
	return 0;
}

process.exitCode = await main();
