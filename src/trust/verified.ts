/** Trust is a type: what the steps install is `Verified`, and only this room makes it. */
import { createHash } from 'node:crypto';
import type { Brand } from '../model/brand.ts';
import { problem } from '../model/error.ts';
import type { Manifest, Sha256 } from '../model/manifest.ts';

/** `T`, found to be what the configured trust asks for. */
export type Verified<T> = Brand<T, 'Verified'>;

export type TrustMode = 'tuf' | 'minisign' | 'ssh' | 'unsigned';

/**
 * Returns the manifest of what was received, as far as `mode` can vouch for it. `unsigned` vouches for nothing but that
 * what is installed is what was received, and the configuration must spell it out.
 * Throws `trust-unavailable` for every mode that this version cannot check: never less than what was asked for.
 */
export function verifyManifest(manifest: Manifest, mode: TrustMode): Verified<Manifest> {
	switch (mode) {
		case 'unsigned':
			return manifest as Verified<Manifest>;
		case 'tuf':
		case 'minisign':
		case 'ssh':
			throw problem(
				'trust-unavailable',
				`cannot verify releases: trust.mode "${mode}" is not in this version`,
				'wait for a version that has it; only trust.mode = "unsigned" works now',
				{
					facts: { mode },
				},
			);
	}
}

/** Returns the digest that names a manifest: SHA-256 over its JSON, entries in byte order of their paths. */
export function digestOfManifest(manifest: Manifest): Sha256 {
	return createHash('sha256').update(JSON.stringify(manifest)).digest('hex') as Sha256;
}
