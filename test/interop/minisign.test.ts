/** Interoperability with Debian's minisign: signatures in both directions, and its secret keys. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readSecretKey } from '../../src/author/keys/secret-key.ts';
import type { Signer } from '../../src/author/keys/signer.ts';
import { signWithMinisign } from '../../src/author/sign/minisign.ts';
import { pinKeys, verifySignedManifest } from '../../src/trust/signed-manifest.ts';
import { scratch } from '../scratch.ts';
import { minisignPublicKey } from '../trust/public-keys.ts';
import { manifestOf, signerNumber, WANTED } from '../trust/releases.ts';
import { must, run } from './tools.ts';

const manifest = manifestOf('v1.2.3');
let dir = '';

beforeEach(() => {
	dir = scratch();
	writeFileSync(join(dir, 'm'), manifest);
});

const keyLine = (file: string) => file.split('\n')[1];
const bytesOf = (name: string) => readFileSync(join(dir, name));
const verify = (publicKey: string, signature: Uint8Array) =>
	verifySignedManifest(
		manifest,
		[signature],
		{ mode: 'minisign', keys: pinKeys('minisign', [publicKey]), threshold: 1 },
		WANTED,
	);

describe('signatures by minisign', () => {
	beforeEach(() => {
		must(dir, '', 'minisign', '-G', '-W', '-p', 'k.pub', '-s', 'k.key');
	});

	test('verify with the key file and with the key line', () => {
		must(dir, '', 'minisign', '-S', '-s', 'k.key', '-m', 'm', '-x', 'm.sig', '-t', 'citadel é');
		const file = bytesOf('k.pub').toString();
		expect(verify(file, bytesOf('m.sig')).version).toBe('1.2.3');
		expect(verify(file.split('\n')[1] ?? '', bytesOf('m.sig')).version).toBe('1.2.3');
		// minisign omits leading zeros.
		expect(file).toContain(` ${pinKeys('minisign', [file])[0]?.name.replace(/^0+/, '')}\n`);
	});

	test('are rejected in the legacy form', () => {
		must(dir, '', 'minisign', '-S', '-l', '-s', 'k.key', '-m', 'm', '-x', 'm.sig');
		must(dir, '', 'minisign', '-V', '-p', 'k.pub', '-m', 'm', '-x', 'm.sig');
		expect(() => verify(bytesOf('k.pub').toString(), bytesOf('m.sig'))).toThrow('legacy form');
	});

	test('are rejected for another file', () => {
		writeFileSync(join(dir, 'other'), manifestOf('v1.2.2'));
		must(dir, '', 'minisign', '-S', '-s', 'k.key', '-m', 'other', '-x', 'm.sig');
		expect(() => verify(bytesOf('k.pub').toString(), bytesOf('m.sig'))).toThrow('not of this manifest');
	});
});

describe('signatures by Signalbox', () => {
	function verifiedByMinisign(signer: Signer, signature: Uint8Array) {
		writeFileSync(join(dir, 'm.sig'), signature);
		writeFileSync(join(dir, 'k.pub'), minisignPublicKey(signer));
		return run(dir, '', 'minisign', '-V', '-H', '-p', 'k.pub', '-m', 'm', '-x', 'm.sig');
	}

	test('are accepted by minisign, which shows the comment', () => {
		const signer = signerNumber(7);
		const ended = verifiedByMinisign(signer, signWithMinisign(signer, manifest, 'citadel v1.2.3'));
		expect(ended).toEqual({ status: 0, said: expect.stringContaining('Trusted comment: citadel v1.2.3') });
	});

	test('are rejected by minisign after a change', () => {
		const signer = signerNumber(7);
		const signature = Buffer.from(signWithMinisign(signer, manifest, 'citadel v1.2.3')).toString();
		expect(verifiedByMinisign(signer, Buffer.from(signature.replace('v1.2.3', 'v1.2.4'))).status).not.toBe(0);
		expect(verifiedByMinisign(signer, signWithMinisign(signer, manifestOf('v1.2.2'), '')).status).not.toBe(0);
	});
});

describe('secret keys of minisign', () => {
	test('open without a passphrase', () => {
		must(dir, '', 'minisign', '-G', '-W', '-p', 'k.pub', '-s', 'k.key');
		const secret = readSecretKey(bytesOf('k.key'));
		expect(secret.kind === 'plain' && keyLine(minisignPublicKey(secret.signer))).toBe(
			keyLine(bytesOf('k.pub').toString()),
		);
	});

	test('open with a passphrase, which takes a gigabyte of memory', { timeout: 300_000 }, () => {
		must(dir, 'correct horse\ncorrect horse\n', 'minisign', '-G', '-p', 'k.pub', '-s', 'k.key');
		const secret = readSecretKey(bytesOf('k.key'));
		if (secret.kind === 'plain') throw new Error('it is not encrypted');
		const signer = secret.open('correct horse');
		expect(keyLine(minisignPublicKey(signer))).toBe(keyLine(bytesOf('k.pub').toString()));
		expect(verify(bytesOf('k.pub').toString(), signWithMinisign(signer, manifest, '')).tag).toBe('v1.2.3');
	});
});
