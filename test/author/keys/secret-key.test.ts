/** Malformed secret key files; test/interop covers the keys of the real tools. */
import { generateKeyPairSync, scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSecretKey } from '../../../src/author/keys/secret-key.ts';
import type { Signer } from '../../../src/author/keys/signer.ts';
import { sshText } from '../../../src/trust/ssh-wire.ts';
import { sshKeyBlob } from '../../../src/trust/sshsig.ts';
import { rounds } from '../../fuzz.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const jwk = privateKey.export({ format: 'jwk' });
const publicKey = Buffer.from(jwk.x ?? '', 'base64url');
const pair = Buffer.concat([Buffer.from(jwk.d ?? '', 'base64url'), publicKey]);

const PHRASE = 'correct horse';
const plainPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const lockedPem = String(
	privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PHRASE }),
);

function open(text: string | Uint8Array, passphrase?: string): Signer {
	const secret = readSecretKey(Buffer.from(text));
	if (secret.kind === 'plain') return secret.signer;
	if (passphrase === undefined) throw new Error('it is encrypted');
	return secret.open(passphrase);
}

function openssh(change: { readonly [part: string]: Uint8Array | string | number } = {}): string {
	const parts = {
		cipher: 'none',
		kdf: 'none',
		options: '',
		count: 1,
		kind: 'ssh-ed25519',
		key: publicKey,
		pair,
		check: 7,
		padding: '\x01\x02',
		...change,
	};
	const number = (value: unknown) => Buffer.from(new Uint32Array([Number(value)]).buffer).swap32();
	const text = (value: unknown) => sshText(value as string);
	const inner = [
		number(7),
		number(parts.check),
		text(parts.kind),
		text(parts.key),
		text(parts.pair),
		text('me'),
		Buffer.from(parts.padding),
	];
	const head = [
		Buffer.from('openssh-key-v1\0'),
		text(parts.cipher),
		text(parts.kdf),
		text(parts.options),
		number(parts.count),
	];
	const blob = Buffer.concat([
		...head,
		sshText(sshKeyBlob(publicKey)),
		sshText(Buffer.concat(inner)),
		Buffer.from((change['tail'] as string) ?? ''),
	]);
	return `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob.toString('base64').replace(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function minisign(change: { readonly at?: number; readonly byte?: number } = {}): string {
	const raw = Buffer.concat([
		Buffer.from('Ed\0\0B2', 'latin1'),
		Buffer.alloc(48),
		Buffer.alloc(8, 5),
		pair,
		Buffer.alloc(32),
	]);
	if (change.at !== undefined) raw[change.at] = change.byte ?? 0;
	return `untrusted comment: minisign encrypted secret key\n${raw.toString('base64')}\n`;
}

test.each([
	['PKCS#8', plainPem],
	['PKCS#8 with CRLF', plainPem.replaceAll('\n', '\r\n')],
	['OpenSSH', openssh()],
	['OpenSSH with CRLF', openssh().replaceAll('\n', '\r\n')],
	['minisign', minisign()],
])('reads %s without a passphrase', (_what, text) => {
	expect(Buffer.from(open(text).publicKey)).toEqual(publicKey);
	expect(open(text).sign(Buffer.from('x'))).toEqual(open(plainPem).sign(Buffer.from('x')));
});

test('reads encrypted PKCS#8 only with its passphrase', () => {
	expect(Buffer.from(open(lockedPem, PHRASE).publicKey)).toEqual(publicKey);
	expect(() => open(lockedPem, 'wrong')).toThrow('the passphrase is wrong');
	expect(() => open(lockedPem, '')).toThrow('the passphrase is wrong');
});

test('reads an encrypted minisign key only with its passphrase', () => {
	const raw = Buffer.from(minisign().split('\n')[1] ?? '', 'base64');
	raw.write('Sc', 2);
	raw.writeBigUInt64LE(32_768n, 38);
	raw.writeBigUInt64LE(2n ** 24n, 46);
	const mask = scryptSync(PHRASE, raw.subarray(6, 38), 104, { N: 1024, r: 8, p: 1 });
	for (const [at, byte] of mask.entries()) raw[54 + at] = (raw[54 + at] ?? 0) ^ byte;
	const text = `untrusted comment: minisign encrypted secret key\n${raw.toString('base64')}\n`;
	expect(open(text, PHRASE).keyId).toBe('0505050505050505');
	expect(() => open(text, 'wrong')).toThrow('the passphrase is wrong');
});

test('keeps the id of a minisign key, and derives an id from other keys', () => {
	expect(open(minisign()).keyId).toBe('0505050505050505');
	expect(open(plainPem).keyId).toBe(open(openssh()).keyId);
	expect(open(plainPem).keyId).toMatch(/^[0-9A-F]{16}$/);
	expect(open(minisign()).fingerprint).toBe(open(plainPem).fingerprint);
});

describe('rejects', () => {
	const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
	const wrongPair = Buffer.concat([Buffer.alloc(32, 1), publicKey]);

	test.each<[string, string | Uint8Array, string]>([
		['an empty file', '', 'none of the supported formats'],
		['a public key', 'ssh-ed25519 AAAA', 'none of the supported formats'],
		['non-UTF-8 bytes', Buffer.from([0xff, 0xfe]), 'no text of a key'],
		['a file that is too large', 'x'.repeat(20_000), 'no text of a key'],
		['a certificate', '-----BEGIN CERTIFICATE-----\n', 'it is a certificate'],
		[
			'RSA as openssl wrote it of old',
			String(rsa.export({ type: 'pkcs1', format: 'pem' })),
			'it is a rsa private key',
		],
		['RSA', String(rsa.export({ type: 'pkcs8', format: 'pem' })), 'it is of the kind rsa'],
		[
			'X25519',
			String(generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
			'it is of the kind x25519',
		],
		['a truncated PKCS#8 key', plainPem.slice(0, 60), 'its PKCS#8 cannot be read'],
		['a truncated OpenSSH key', openssh().slice(0, 100), 'its base64 is damaged'],
		['an OpenSSH key of another type', openssh({ kind: 'ssh-rsa' }), 'it is of the kind ssh-rsa'],
		['two OpenSSH keys', openssh({ count: 2 }), 'more than one key'],
		[
			'another cipher',
			openssh({ cipher: 'chacha20-poly1305@openssh.com', kdf: 'bcrypt' }),
			'it is encrypted with chacha20',
		],
		[
			'another key derivation',
			openssh({ cipher: 'aes256-ctr', kdf: 'argon2' }),
			'it is encrypted with aes256-ctr',
		],
		['check numbers that differ', openssh({ check: 8 }), 'it is damaged'],
		['invalid padding', openssh({ padding: '\x01\x03' }), 'it is damaged'],
		['a public half of another key', openssh({ key: Buffer.alloc(32) }), 'it is damaged'],
		['a key pair that does not match', openssh({ pair: wrongPair }), 'it is damaged'],
		['a key pair that is too short', openssh({ pair: pair.subarray(0, 40) }), 'it is damaged'],
		['trailing bytes', openssh({ tail: 'x' }), 'it is damaged'],
		['a minisign key of another algorithm', minisign({ at: 0, byte: 0x58 }), 'no secret key of minisign'],
		[
			'a minisign key with an unknown encryption',
			minisign({ at: 2, byte: 0x58 }),
			'its encryption is not supported',
		],
		[
			'a minisign key pair that does not match',
			minisign({ at: 70, byte: (pair[8] ?? 0) ^ 1 }),
			'it is damaged',
		],
		['a minisign key with trailing text', `${minisign()}x`, 'no secret key of minisign'],
		[
			'a public minisign key',
			`untrusted comment: x\n${Buffer.alloc(42).toString('base64')}\n`,
			'no secret key of minisign',
		],
	])('%s', (_what, text, why) => {
		expect(() => open(text, PHRASE)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'key-unusable' }) }),
		);
		expect(() => open(text, PHRASE)).toThrow(why);
	});

	test('an excessive derivation cost, without computing it', () => {
		const raw = Buffer.from(minisign().split('\n')[1] ?? '', 'base64');
		raw.write('Sc', 2);
		raw.writeBigUInt64LE(2n ** 40n, 38);
		raw.writeBigUInt64LE(2n ** 50n, 46);
		expect(() => open(`untrusted comment: x\n${raw.toString('base64')}\n`, PHRASE)).toThrow(
			'costs more than minisign',
		);
		const options = Buffer.concat([sshText(Buffer.alloc(16)), Buffer.from([0, 1, 0, 0])]);
		expect(() => open(openssh({ cipher: 'aes256-ctr', kdf: 'bcrypt', options }), PHRASE)).toThrow(
			'in 65536 rounds',
		);
	});

	test('malformed keys without revealing them in the error', () => {
		for (const text of [
			plainPem.slice(0, -40),
			openssh({ check: 8 }),
			minisign({ at: 70, byte: (pair[8] ?? 0) ^ 1 }),
		]) {
			const thrown = (() => {
				try {
					open(text);
				} catch (caught) {
					return JSON.stringify([String(caught), caught]);
				}
				return '';
			})();
			const lines = text
				.split('\n')
				.filter((line) => line.length > 30 && !line.includes('-----') && !line.includes(':'));
			expect(lines.some((line) => thrown.includes(line.slice(0, 30)))).toBe(false);
			expect(thrown).not.toBe('');
		}
	});

	test('arbitrary changes, unless the key still opens', () => {
		fc.assert(
			fc.property(
				fc.constantFrom(plainPem, openssh(), minisign()),
				fc.nat({ max: 300 }),
				fc.string({ maxLength: 4 }),
				(text, at, more) => {
					try {
						open(text.slice(0, at) + more + text.slice(at), PHRASE);
					} catch (thrown) {
						expect(thrown).toMatchObject({ record: { code: 'key-unusable' } });
					}
				},
			),
			rounds(300),
		);
	});
});
