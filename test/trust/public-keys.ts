/** Public keys as the tools print them, which is what boxes pin. */
import type { Signer } from '../../src/author/keys/signer.ts';
import { sshKeyBlob } from '../../src/trust/sshsig.ts';

/** Returns the `.pub` file of a key. Its second line, which begins with RW, is what boxes pin. */
export function minisignPublicKey({ keyId, minisignId, publicKey }: Signer): string {
	const bytes = Buffer.concat([Buffer.from('Ed'), minisignId, publicKey]);
	return `untrusted comment: minisign public key ${keyId}\n${bytes.toString('base64')}\n`;
}

/** Returns the line of a `.pub` file. */
export function sshPublicKey({ publicKey }: Signer, comment: string): string {
	return `ssh-ed25519 ${sshKeyBlob(publicKey).toString('base64')} ${comment}\n`;
}
