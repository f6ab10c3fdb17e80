/** SSH's signature files and keys: every malformed part is rejected. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signWithSsh } from '../../src/author/sign/ssh.ts';
import { digestsOf } from '../../src/trust/ed25519.ts';
import { sshText } from '../../src/trust/ssh-wire.ts';
import { checkSshsig, parseSshKey, sshKeyBlob } from '../../src/trust/sshsig.ts';
import { rounds } from '../fuzz.ts';
import { pins, signerNumber } from './releases.ts';

const signer = signerNumber(1);
const other = signerNumber(2);
const document = Buffer.from('a manifest');
const whole = Buffer.from(signWithSsh(signer, document));
const blob = Buffer.from(whole.toString().split('\n').slice(1, -2).join(''), 'base64');

const [pinned = ''] = pins('ssh', signer);
const keys = [parseSshKey(pinned)];
const check = (file: string | Uint8Array) => checkSshsig(Buffer.from(file), digestsOf(document), keys);

function armored(bytes: Uint8Array, width = 70): string {
	const lines =
		Buffer.from(bytes)
			.toString('base64')
			.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
	return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

interface Made {
	readonly magic: string;
	readonly version: number;
	readonly key: Uint8Array;
	readonly namespace: string;
	readonly reserved: string;
	readonly hash: string;
	readonly algorithm: string;
	readonly by: typeof signer;
	readonly tail: string;
	readonly signatureTail: string;
}

/** Returns a signature over exactly its own fields, so that only the changed field can be wrong. */
function made(change: Partial<Made>): Buffer {
	const plain = {
		magic: 'SSHSIG',
		version: 1,
		key: sshKeyBlob(signer.publicKey),
		namespace: 'signalbox-release',
		reserved: '',
	};
	const { magic, version, key, namespace, reserved, hash, algorithm, by, tail, signatureTail }: Made = {
		...plain,
		hash: 'sha512',
		algorithm: 'ssh-ed25519',
		by: signer,
		tail: '',
		signatureTail: '',
		...change,
	};
	const digest = createHash(['sha512', 'sha256', 'sha1', 'md5'].includes(hash) ? hash : 'sha512')
		.update(document)
		.digest();
	const told = [sshText(namespace), sshText(reserved), sshText(hash)];
	const signature = by.sign(Buffer.concat([Buffer.from('SSHSIG'), ...told, sshText(digest)]));
	const signed = Buffer.concat([sshText(algorithm), sshText(signature), Buffer.from(signatureTail)]);
	return Buffer.concat([
		Buffer.from(magic),
		Buffer.from([0, 0, 0, version]),
		sshText(key),
		...told,
		sshText(signed),
		Buffer.from(tail),
	]);
}

test('accepts a signature by the pinned key', () => {
	expect(check(whole)).toEqual({ kind: 'signed', key: keys[0] });
	expect(armored(made({}))).toBe(whole.toString());
	expect(keys[0]).toMatchObject({ name: signer.fingerprint, file: `${signer.fingerprint}.sig` });
});

test.each([
	['over SHA-256', armored(made({ hash: 'sha256' }))],
	['wrapped as PEM', armored(blob, 64)],
	['without the last newline', whole.toString().trimEnd()],
])('accepts a signature %s', (_what, file) => {
	expect(check(file)).toMatchObject({ kind: 'signed' });
});

describe('rejects', () => {
	const rsa = Buffer.concat([
		sshText('ssh-rsa'),
		sshText(Buffer.from([1, 0, 1])),
		sshText(Buffer.alloc(256, 1)),
	]);
	const security = Buffer.concat([
		sshText('sk-ssh-ed25519@openssh.com'),
		sshText(signer.publicKey),
		sshText('ssh:'),
	]);

	test.each<[string, string, string]>([
		['an empty file', '', 'not a signature file'],
		['bare base64', blob.toString('base64'), 'not a signature file'],
		['another armor', whole.toString().replaceAll('SIGNATURE', 'MESSAGE'), 'not a signature file'],
		['CRLF', whole.toString().replaceAll('\n', '\r\n'), 'CRLF'],
		['text before the armor', `x\n${whole}`, 'not a signature file'],
		['text after the armor', `${whole}x`, 'not a signature file'],
		['two signatures in one file', `${whole}${whole}`, 'not a signature file'],
		['an empty line', whole.toString().replace('\n', '\n\n'), 'not a signature file'],
		['an overlong line', armored(blob, 200), 'not a signature file'],
		['white space in the base64', whole.toString().replace(/\n(.)(.)/, '\n$1 $2'), 'not a signature file'],
		['padding inside the base64', whole.toString().replace(/\n(.)(.)/, '\n=$2'), 'not a signature file'],
		['a file above the size limit', armored(Buffer.alloc(4000)), 'more than 4096 bytes'],
		['another magic', armored(made({ magic: 'SSHSIX' })), 'not a signature of version 1'],
		['another version', armored(made({ version: 2 })), 'not a signature of version 1'],
		['trailing bytes', armored(made({ tail: 'x' })), 'something follows'],
		['trailing bytes in the signature', armored(made({ signatureTail: 'x' })), 'something follows'],
		['the namespace of git', armored(made({ namespace: 'git' })), 'another purpose'],
		['the namespace of files', armored(made({ namespace: 'file' })), 'another purpose'],
		['no namespace', armored(made({ namespace: '' })), 'another purpose'],
		[
			'our namespace with a trailing space',
			armored(made({ namespace: 'signalbox-release ' })),
			'another purpose',
		],
		['a non-empty reserved field', armored(made({ reserved: 'x' })), 'does not know'],
		['SHA-1', armored(made({ hash: 'sha1' })), 'neither sha512 nor sha256'],
		['MD5', armored(made({ hash: 'md5' })), 'neither sha512 nor sha256'],
		['no hash', armored(made({ hash: '' })), 'neither sha512 nor sha256'],
		[
			'a hash named like an object property',
			armored(made({ hash: 'constructor' })),
			'neither sha512 nor sha256',
		],
		['an RSA algorithm', armored(made({ algorithm: 'rsa-sha2-512' })), 'algorithm is not Ed25519'],
		['no algorithm', armored(made({ algorithm: '' })), 'algorithm is not Ed25519'],
		['an RSA key', armored(made({ key: rsa })), 'its key is not an ssh-ed25519 key'],
		['a security key', armored(made({ key: security })), 'its key is not an ssh-ed25519 key'],
		['a key of 31 bytes', armored(made({ key: sshKeyBlob(signer.publicKey.subarray(1)) })), 'its key is not'],
		[
			'a key with a trailing byte',
			armored(made({ key: Buffer.concat([sshKeyBlob(signer.publicKey), Buffer.alloc(1)]) })),
			'its key is not',
		],
		['a pinned key on a signature by another', armored(made({ by: other })), 'is not of this manifest'],
		[
			'the signature of another manifest',
			Buffer.from(signWithSsh(signer, Buffer.from('other'))).toString(),
			'is not of this manifest',
		],
	])('%s', (_what, file, why) => {
		expect(check(file)).toEqual({ kind: 'refused', why: expect.stringContaining(why) });
	});

	test('reports a signature by an unknown key', () => {
		expect(check(signWithSsh(other, document))).toEqual({ kind: 'unknown-key', name: other.fingerprint });
	});

	test('a change of any byte of the blob', () => {
		for (let at = 0; at < blob.length; at += 1) {
			const changed = Buffer.from(blob);
			changed[at] = (changed[at] ?? 0) ^ 0x10;
			expect(check(armored(changed)).kind).not.toBe('signed');
		}
	});

	test('a blob truncated at any byte', () => {
		for (let at = 0; at < blob.length; at += 1)
			expect(check(armored(blob.subarray(0, at))).kind).toBe('refused');
	});

	test('arbitrary bytes', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: blob.length }), (bytes, at) => {
				expect(check(bytes).kind).toBe('refused');
				expect(check(armored(bytes)).kind).toBe('refused');
				check(armored(Buffer.concat([blob.subarray(0, at), bytes, blob.subarray(at)])));
			}),
			rounds(300),
		);
	});
});

describe('public keys', () => {
	const [, base64 = ''] = pinned.split(' ');

	test.each([
		['with a comment', pinned],
		['without a comment', `ssh-ed25519 ${base64}`],
		['with the newline of its file', `${pinned}\n`],
	])('%s', (_what, text) => {
		expect(parseSshKey(text)).toMatchObject({
			name: signer.fingerprint,
			bytes: Buffer.from(signer.publicKey),
		});
	});

	const named = (kind: string, ...parts: readonly Uint8Array[]) =>
		`${kind} ${Buffer.concat([sshText(kind), ...parts.map(sshText)]).toString('base64')} someone`;

	test.each<[string, string, string]>([
		['an empty text', '', 'no public Ed25519 key'],
		['RSA', named('ssh-rsa', Buffer.from([1]), Buffer.alloc(256, 1)), 'it is an RSA key'],
		['DSA', named('ssh-dss'), 'it is a DSA key'],
		['ECDSA', named('ecdsa-sha2-nistp256', Buffer.from('nistp256'), Buffer.alloc(65)), 'it is an ECDSA key'],
		[
			'a security key',
			named('sk-ssh-ed25519@openssh.com', signer.publicKey, Buffer.from('ssh:')),
			'it lies on a security key',
		],
		['an ECDSA security key', named('sk-ecdsa-sha2-nistp256@openssh.com'), 'it lies on a security key'],
		[
			'a certificate',
			named('ssh-ed25519-cert-v01@openssh.com', Buffer.alloc(32), signer.publicKey),
			'it is a certificate',
		],
		['a key type named like an object property', 'constructor AAAA', 'no public Ed25519 key'],
		[
			'another key type in the blob',
			`ssh-ed25519 ${named('ssh-rsa', signer.publicKey).split(' ')[1]}`,
			'no public Ed25519 key',
		],
		['31 bytes', named('ssh-ed25519', signer.publicKey.subarray(1)), 'no public Ed25519 key'],
		[
			'33 bytes',
			named('ssh-ed25519', Buffer.concat([signer.publicKey, Buffer.alloc(1)])),
			'no public Ed25519 key',
		],
		['an additional field', named('ssh-ed25519', signer.publicKey, Buffer.alloc(1)), 'no public Ed25519 key'],
		['a line of allowed_signers', `me@example.org ${pinned}`, 'no public Ed25519 key'],
		['options before it', `restrict ${pinned}`, 'no public Ed25519 key'],
		['two lines', `${pinned}\n${pinned}`, 'no public Ed25519 key'],
		['CRLF', `ssh-ed25519 ${base64}\r\n`, 'no public Ed25519 key'],
		['base64 without padding', `ssh-ed25519 ${base64.replace(/=*$/, '')}=`, 'no public Ed25519 key'],
		['a minisign key', pins('minisign', signer)[0] ?? '', 'it is a key of minisign'],
	])('rejects %s', (_what, text, why) => {
		expect(() => parseSshKey(text)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'key-unusable' }) }),
		);
		expect(() => parseSshKey(text)).toThrow(why);
	});
});
