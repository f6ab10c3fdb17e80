/** Signatures in minisign's format; `minisign -V` checks them. */
import { createHash } from 'node:crypto';
import { hasControls } from '../../model/base/control-characters.ts';
import { problem } from '../../model/base/error.ts';
import type { Signer } from '../keys/signer.ts';

/** minisign's maximum line length: 8,192 bytes. */
const COMMENT_MAX = 4096;

/**
 * Returns the `.minisig` file over a document. `comment` is the trusted comment, which is signed and which
 * `minisign -V` shows. Throws `usage` for a comment that is not one line of text.
 */
export function signWithMinisign(signer: Signer, document: Uint8Array, comment: string): Uint8Array {
	if (!isLine(comment))
		throw problem(
			'usage',
			'cannot sign: the trusted comment is not a line of text',
			'leave out control characters',
		);
	const signature = signer.sign(createHash('blake2b512').update(document).digest());
	const global = signer.sign(Buffer.concat([signature, Buffer.from(comment)]));
	const lines = [
		`untrusted comment: signature of the key ${signer.keyId}`,
		base64(Buffer.from('ED'), signer.minisignId, signature),
		`trusted comment: ${comment}`,
		base64(global),
	];
	return Buffer.from(`${lines.join('\n')}\n`);
}

function isLine(comment: string): boolean {
	return (
		Buffer.byteLength(comment) <= COMMENT_MAX &&
		comment.isWellFormed() &&
		!hasControls(comment.replaceAll('\t', ''))
	);
}

function base64(...parts: readonly Uint8Array[]): string {
	return Buffer.concat(parts).toString('base64');
}
