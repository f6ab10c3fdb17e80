/** `dist/`: replaced as a whole, so that two builds at once leave one of them and never a mixture. */
import {
	chmodSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * The file of `dist/` that holds the digest of its sources. Its time is that of the digest: bin/launch.sh
 * compares it.
 */
export const STAMP = 'built-from';

/** Builds under way and builds on their way out have names that begin so. */
const PREFIX = '.dist-';
/** Milliseconds after which what has such a name was left behind by a build that died. */
const ABANDONED = 600_000;

/** Returns the names in a directory; none where it does not exist. */
export function fileNames(directory: string): readonly string[] {
	try {
		return readdirSync(directory);
	} catch {
		return [];
	}
}

/** Returns the digest that a build was made from, or undefined where there is none. */
export function readStamp(dist: string): string | undefined {
	try {
		return readFileSync(join(dist, STAMP), 'utf8').trim();
	} catch {
		return undefined;
	}
}

/** Makes an empty directory for a build, and removes those of builds that died. */
export function newDirectory(top: string): string {
	for (const name of fileNames(top).filter((one) => one.startsWith(PREFIX))) removeAbandoned(join(top, name));
	return mkdtempSync(join(top, PREFIX));
}

function removeAbandoned(path: string): void {
	const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
	if (Date.now() - mtimeMs > ABANDONED) rmSync(path, { recursive: true, force: true });
}

/**
 * Stamps a complete build and makes it `dist`. A build that another process puts there meanwhile is replaced
 * too.
 */
export function putInPlace(built: string, dist: string, digest: string, seconds: number): void {
	for (const name of fileNames(built)) chmodSync(join(built, name), 0o644);
	writeFileSync(join(built, STAMP), `${digest}\n`, { mode: 0o644 });
	utimesSync(join(built, STAMP), seconds, seconds);
	chmodSync(built, 0o755);
	const old = `${built}-old`;
	for (;;) {
		if (renameUnless(['ENOENT'], dist, old)) rmSync(old, { recursive: true, force: true });
		if (renameUnless(['ENOTEMPTY', 'EEXIST'], built, dist)) return;
	}
}

/**
 * Returns false where it fails with one of these codes: there is no build yet, or another build was put
 * there.
 */
function renameUnless(codes: readonly string[], from: string, to: string): boolean {
	try {
		renameSync(from, to);
		return true;
	} catch (thrown) {
		if (codes.includes((thrown as NodeJS.ErrnoException).code ?? '')) return false;
		throw thrown;
	}
}
