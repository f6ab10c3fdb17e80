import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the version of a role in a store, 0 when it is not there. */
export function storedVersion(dir: string, role: string): number {
	const path = join(dir, `${encodeURIComponent(role)}.json`);
	if (!existsSync(path)) return 0;
	return (JSON.parse(readFileSync(path, 'utf8')) as { signed: { version: number } }).signed.version;
}
