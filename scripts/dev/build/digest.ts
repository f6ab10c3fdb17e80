/** What a build is made of, as one digest: two trees with the same digest give the same programs. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Besides src/: the packages and how they are bundled. */
const FURTHER = ['package.json', 'package-lock.json', 'scripts/dev/build.ts'];

/** Returns the digest of all that the programs of the tree at `top` are built from. */
export function sourcesDigest(top: string): string {
	const hash = createHash('sha256');
	for (const path of [...globSync('src/**/*.ts', { cwd: top }).sort(), ...FURTHER]) {
		const bytes = readFileSync(join(top, path));
		hash.update(`${path}\0${bytes.length}\0`).update(bytes);
	}
	return hash.digest('hex');
}
