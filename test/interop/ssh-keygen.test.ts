/** Interoperability with OpenSSH's ssh-keygen: signatures in both directions, and its secret keys. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readSecretKey } from '../../src/author/keys/secret-key.ts';
import type { Signer } from '../../src/author/keys/signer.ts';
import { signWithSsh } from '../../src/author/sign/ssh.ts';
import { pinKeys, verifySignedManifest } from '../../src/trust/signed-manifest.ts';
import { parseSshKey } from '../../src/trust/sshsig.ts';
import { scratch } from '../scratch.ts';
import { sshPublicKey } from '../trust/public-keys.ts';
import { manifestOf, signerNumber, WANTED } from '../trust/releases.ts';
import { must, run } from './tools.ts';

const NAMESPACE = 'signalbox-release';
const manifest = manifestOf('v1.2.3');
let dir = '';

beforeEach(() => {
	dir = scratch();
	writeFileSync(join(dir, 'm'), manifest);
});

const bytesOf = (name: string) => readFileSync(join(dir, name));
const makeKey = (...more: readonly string[]) =>
	must(dir, '', 'ssh-keygen', '-q', '-C', 'a key of mine', '-f', 'id', ...more);
const verify = (publicKey: string, signature: Uint8Array) =>
	verifySignedManifest(
		manifest,
		[signature],
		{ mode: 'ssh', keys: pinKeys('ssh', [publicKey]), threshold: 1 },
		WANTED,
	);

describe('signatures by ssh-keygen', () => {
	const signed = (namespace: string, ...options: readonly string[]) =>
		must(dir, '', 'ssh-keygen', '-Y', 'sign', '-q', '-f', 'id', '-n', namespace, ...options, 'm');

	test.each(['sha512', 'sha256'])('verify over %s', (hash) => {
		makeKey('-t', 'ed25519', '-N', '');
		signed(NAMESPACE, '-O', `hashalg=${hash}`);
		expect(verify(bytesOf('id.pub').toString(), bytesOf('m.sig')).version).toBe('1.2.3');
	});

	test('are rejected in another namespace', () => {
		makeKey('-t', 'ed25519', '-N', '');
		signed('file');
		expect(() => verify(bytesOf('id.pub').toString(), bytesOf('m.sig'))).toThrow('another purpose');
	});

	test.each([
		['rsa', 'it is an RSA key'],
		['ecdsa', 'it is an ECDSA key'],
	])('are rejected for the key type %s, which the error names', (kind, why) => {
		makeKey('-t', kind, '-N', '');
		signed(NAMESPACE);
		expect(() => parseSshKey(bytesOf('id.pub').toString())).toThrow(why);
		const ours = sshPublicKey(signerNumber(7), '').trimEnd();
		expect(() => verify(ours, bytesOf('m.sig'))).toThrow('its key is not an ssh-ed25519 key');
	});

	test('have the same fingerprint in another encoding', () => {
		makeKey('-t', 'ed25519', '-N', '');
		const printed = /SHA256:(\S+)/.exec(must(dir, '', 'ssh-keygen', '-l', '-f', 'id.pub'))?.[1] ?? '';
		expect(parseSshKey(bytesOf('id.pub').toString()).name).toBe(
			Buffer.from(printed, 'base64').toString('hex'),
		);
	});
});

describe('signatures by Signalbox', () => {
	function verifiedBySsh(signer: Signer, signature: Uint8Array, namespace = NAMESPACE) {
		writeFileSync(join(dir, 'm.sig'), signature);
		writeFileSync(
			join(dir, 'allowed'),
			`me@example.org namespaces="${namespace}" ${sshPublicKey(signer, 'c')}`,
		);
		const check = ['-Y', 'verify', '-f', 'allowed', '-I', 'me@example.org', '-n', namespace, '-s', 'm.sig'];
		return run(dir, manifest.toString(), 'ssh-keygen', ...check);
	}

	test('are accepted by ssh-keygen, and only in the release namespace', () => {
		const signer = signerNumber(7);
		const signature = signWithSsh(signer, manifest);
		expect(verifiedBySsh(signer, signature)).toMatchObject({ status: 0 });
		expect(verifiedBySsh(signer, signature, 'file').status).not.toBe(0);
		expect(verifiedBySsh(signer, signWithSsh(signer, manifestOf('v1.2.2'))).status).not.toBe(0);
		expect(verifiedBySsh(signerNumber(8), signature).status).not.toBe(0);
	});
});

describe('secret keys of ssh-keygen open', () => {
	test.each([
		['without a passphrase', ['-N', '']],
		['with a passphrase', ['-N', 'correct horse', '-a', '4']],
		['with a passphrase, as PKCS#8', ['-N', 'correct horse', '-m', 'PKCS8']],
	])('%s', (_what, options) => {
		makeKey('-t', 'ed25519', ...options);
		const secret = readSecretKey(bytesOf('id'));
		if (secret.kind === 'encrypted')
			expect(() => secret.open('correct hors')).toThrow('the passphrase is wrong');
		const signer = secret.kind === 'plain' ? secret.signer : secret.open('correct horse');
		expect(sshPublicKey(signer, 'a key of mine')).toBe(bytesOf('id.pub').toString());
		expect(verify(bytesOf('id.pub').toString(), signWithSsh(signer, manifest)).tag).toBe('v1.2.3');
	});

	test('after the conversion that the error for another cipher suggests', () => {
		makeKey('-t', 'ed25519', '-N', 'correct horse', '-Z', 'chacha20-poly1305@openssh.com');
		expect(() => readSecretKey(bytesOf('id'))).toThrow('it is encrypted with chacha20-poly1305@openssh.com');
		must(
			dir,
			'',
			'ssh-keygen',
			'-q',
			'-p',
			'-P',
			'correct horse',
			'-N',
			'correct horse',
			'-Z',
			'aes256-ctr',
			'-a',
			'4',
			'-f',
			'id',
		);
		const secret = readSecretKey(bytesOf('id'));
		expect(secret.kind === 'encrypted' && sshPublicKey(secret.open('correct horse'), 'a key of mine')).toBe(
			bytesOf('id.pub').toString(),
		);
	});
});
