/** What a tree is, path by path: two trees with one fingerprint are the same to their users. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * One line a path below `root`: kind, mode, owner, and the digest or the target; of a file with several names
 * also the first of them. Names below `root` in `without` are left out.
 */
export function fingerprintOf(root: string, without: readonly string[] = []): readonly string[] {
	const lines: string[] = [];
	const firstNames = new Map<number, string>();
	const walk = (path: string) => {
		const name = relative(root, path);
		if (without.includes(name)) return;
		const stats = lstatSync(path);
		const known = stats.isFile() && stats.nlink > 1 ? firstNames.get(stats.ino) : undefined;
		if (known === undefined) firstNames.set(stats.ino, name);
		const same = known === undefined ? '' : ` the same file as ${JSON.stringify(known)}`;
		lines.push(`${JSON.stringify(name)} ${stats.uid}:${stats.gid} ${describe(path, stats)}${same}`);
		if (stats.isDirectory()) for (const child of readdirSync(path).sort()) walk(join(path, child));
	};
	walk(root);
	return lines;
}

function describe(path: string, stats: Stats): string {
	const mode = (stats.mode & 0o7777).toString(8);
	if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
	if (stats.isDirectory()) return `directory ${mode}`;
	if (!stats.isFile()) return `other ${mode}`;
	return `file ${mode} ${stats.nlink} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)}`;
}
