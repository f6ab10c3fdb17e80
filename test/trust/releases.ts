/** Deterministic releases and signing keys. */
import { createPrivateKey } from 'node:crypto';
import { type Signer, signerOf } from '../../src/author/keys/signer.ts';
import type { Tag } from '../../src/model/release/tag.ts';
import type { SignatureMode } from '../../src/trust/signed-manifest.ts';
import { minisignPublicKey, sshPublicKey } from './public-keys.ts';

/** Returns the bytes of a complete manifest. */
export function manifestOf(tag: string, product = 'citadel'): Uint8Array {
	const head = {
		schema: 1,
		product,
		tag,
		version: tag.slice(1),
		requires: '*',
		channel: null,
		hardware: null,
	};
	const terms = { minimumSafeVersion: null, dataVersion: null, reboot: 'never', probes: [], hooks: [] };
	const files = [{ path: 'info.json', mode: '0644', size: 2, sha256: 'ab'.repeat(32) }];
	return Buffer.from(JSON.stringify({ ...head, ...terms, files }));
}

export const WANTED = { product: 'citadel', tag: 'v1.2.3' as Tag };

/** Returns the signer with this number; the same number always gives the same key. */
export function signerNumber(number: number, minisignId?: Uint8Array): Signer {
	const der = Buffer.concat([
		Buffer.from('302e020100300506032b657004220420', 'hex'),
		Buffer.alloc(32, number),
	]);
	return signerOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), minisignId);
}

/** Returns the pins of these keys as a configuration lists them. */
export function pins(mode: SignatureMode, ...signers: readonly Signer[]): readonly string[] {
	return signers.map((signer) =>
		mode === 'ssh' ? sshPublicKey(signer, 'a b').trimEnd() : (minisignPublicKey(signer).split('\n')[1] ?? ''),
	);
}
