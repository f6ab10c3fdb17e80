/** Loose git objects as the owner of the store can plant them. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

/** Writes an object under its own name, and returns the name. */
export function addObject(store: string, type: ObjectType, bytes: Uint8Array): string {
	const id = createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
	writeObject(store, id, type, bytes);
	return id;
}

/** Writes an object under the name of another one. */
export function writeObject(store: string, id: string, type: ObjectType, bytes: Uint8Array): void {
	const file = join(store, 'objects', id.slice(0, 2), id.slice(2));
	mkdirSync(dirname(file), { recursive: true });
	if (existsSync(file)) chmodSync(file, 0o644);
	writeFileSync(file, deflateSync(Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes])));
	chmodSync(file, 0o644);
}
