/** Public keys in the form that the tools print and boxes pin. */
import type { Signer } from '../../src/author/keys/signer.ts';
import { sshKeyBlob } from '../../src/trust/sshsig.ts';

/** Returns a key's minisign `.pub` file. Boxes pin its second line, which begins with RW. */
export function minisignPublicKey({ keyId, minisignId, publicKey }: Signer): string {
	const bytes = Buffer.concat([Buffer.from('Ed'), minisignId, publicKey]);
	return `untrusted comment: minisign public key ${keyId}\n${bytes.toString('base64')}\n`;
}

/** Returns the line of an SSH `.pub` file. */
export function sshPublicKey({ publicKey }: Signer, comment: string): string {
	return `ssh-ed25519 ${sshKeyBlob(publicKey).toString('base64')} ${comment}\n`;
}
