/** Signatures in the format of `ssh-keygen -Y sign`; `ssh-keygen -Y verify` checks them. */
import { createHash } from 'node:crypto';
import { sshText } from '../../trust/ssh-wire.ts';
import { NAMESPACE, sshKeyBlob, sshSigned } from '../../trust/sshsig.ts';
import type { Signer } from '../keys/signer.ts';

const VERSION = Buffer.from([0, 0, 0, 1]);

/** Returns the armored `.sig` file over a document, in the release namespace. */
export function signWithSsh(signer: Signer, document: Uint8Array): Uint8Array {
	const signature = signer.sign(sshSigned('sha512', createHash('sha512').update(document).digest()));
	const signed = Buffer.concat([sshText('ssh-ed25519'), sshText(signature)]);
	const told = [
		sshText(sshKeyBlob(signer.publicKey)),
		sshText(NAMESPACE),
		sshText(''),
		sshText('sha512'),
		sshText(signed),
	];
	const blob = Buffer.concat([Buffer.from('SSHSIG'), VERSION, ...told]);
	const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
	return Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`);
}
