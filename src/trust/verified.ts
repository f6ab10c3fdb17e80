/** Trust is a type: what the steps install is `Verified`, and only this room makes it. */
import { createHash } from 'node:crypto';
import type { Brand } from '../model/base/brand.ts';
import type { Manifest, Sha256 } from '../model/release/manifest.ts';

/** `T`, found to be what the configured trust asks for. */
export type Verified<T> = Brand<T, 'Verified'>;

/**
 * Returns the manifest of what was received, which nobody vouches for: it is verified only to be what was received. Only a source of
 * trust mode `unsigned` calls it, and the configuration has spelt that out (decision 0007).
 */
export function acceptUnsigned(manifest: Manifest): Verified<Manifest> {
	return manifest as Verified<Manifest>;
}

/** Returns the digest that names a manifest: SHA-256 over its JSON, entries in byte order of their paths. */
export function digestOfManifest(manifest: Manifest): Sha256 {
	return createHash('sha256').update(JSON.stringify(manifest)).digest('hex') as Sha256;
}
