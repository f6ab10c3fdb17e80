/** Trust as a type: the updater installs only `Verified` values, and only src/trust creates them. */
import { createHash } from 'node:crypto';
import type { Brand } from '../model/base/brand.ts';
import type { Manifest, Sha256 } from '../model/release/manifest.ts';

/** A `T` that satisfies the configured trust mode. */
export type Verified<T> = Brand<T, 'Verified'>;

/**
 * Returns an unsigned manifest as verified: it is only known to be what was received. Called only in trust
 * mode `unsigned`, which must be enabled explicitly (decision 0007).
 */
export function acceptUnsigned(manifest: Manifest): Verified<Manifest> {
	return manifest as Verified<Manifest>;
}

/**
 * Returns the digest that identifies a manifest: SHA-256 of its JSON, with entries in byte order of their
 * paths.
 */
export function digestOfManifest(manifest: Manifest): Sha256 {
	return createHash('sha256').update(JSON.stringify(manifest)).digest('hex') as Sha256;
}
