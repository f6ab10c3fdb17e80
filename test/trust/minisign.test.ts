/** minisign's signature files and keys: every malformed part is rejected. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signWithMinisign } from '../../src/author/sign/minisign.ts';
import { digestsOf } from '../../src/trust/ed25519.ts';
import { checkMinisign, minisignName, parseMinisignKey } from '../../src/trust/minisign.ts';
import { rounds } from '../fuzz.ts';
import { minisignPublicKey } from './public-keys.ts';
import { pins, signerNumber } from './releases.ts';

const signer = signerNumber(1);
const other = signerNumber(2);
const document = Buffer.from('a manifest');
const whole = Buffer.from(signWithMinisign(signer, document, 'timestamp:1\tfile:é'));
const [untrusted = '', signature = '', trusted = '', global = ''] = whole.toString().split('\n');

const [pinned] = pins('minisign', signer);
const keys = [parseMinisignKey(pinned ?? '')];
const check = (file: string | Uint8Array, of = document) =>
	checkMinisign(Buffer.from(file), digestsOf(of), keys);
const file = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const raw = Buffer.from(signature, 'base64');

/** Returns the signature line with these bytes overwritten. */
function patched(at: number, ...bytes: readonly number[]): string {
	const copy = Buffer.from(raw);
	copy.set(bytes, at);
	return file(untrusted, copy.toString('base64'), trusted, global);
}

test('accepts a signature by the pinned key', () => {
	expect(check(whole)).toEqual({ kind: 'signed', key: keys[0] });
	expect(keys[0]).toMatchObject({ name: signer.keyId, file: `${signer.keyId}.minisig` });
});

test('accepts any untrusted comment, because it is not signed', () => {
	expect(check(file('untrusted comment: ', signature, trusted, global))).toMatchObject({ kind: 'signed' });
});

test('tries both of two pinned keys with the same id', () => {
	const [twin = ''] = pins('minisign', signerNumber(2, signer.minisignId));
	expect(checkMinisign(whole, digestsOf(document), [parseMinisignKey(twin), ...keys])).toMatchObject({
		kind: 'signed',
		key: keys[0],
	});
});

describe('rejects', () => {
	const legacy = Buffer.concat([Buffer.from('Ed'), signer.minisignId, signer.sign(document)]).toString(
		'base64',
	);
	const legacyGlobal = Buffer.from(
		signer.sign(Buffer.concat([signer.sign(document), Buffer.from(trusted.slice(17))])),
	).toString('base64');
	const overHash = signer.sign(createHash('sha512').update(document).digest());
	const sha = Buffer.concat([Buffer.from('ED'), signer.minisignId, overHash]).toString('base64');

	test.each<[string, string | Uint8Array, string]>([
		['an empty file', '', 'not a signature file'],
		['the signature line alone', `${signature}\n`, 'not a signature file'],
		['the legacy form, correctly signed', file(untrusted, legacy, trusted, legacyGlobal), 'legacy form'],
		['another algorithm', patched(0, 0x58, 0x58), 'algorithm is not known'],
		['another hash', file(untrusted, sha, trusted, global), 'is not of this manifest'],
		['a changed trusted comment', file(untrusted, signature, `${trusted} more`, global), 'trusted comment'],
		['an empty trusted comment', file(untrusted, signature, 'trusted comment: ', global), 'trusted comment'],
		['no trusted comment', file(untrusted, signature), 'not a signature file'],
		['an unsigned trusted comment', file(untrusted, signature, trusted), 'not a signature file'],
		[
			'the signature itself in place of the global signature',
			file(untrusted, signature, trusted, signature),
			'a length is wrong',
		],
		['CRLF', whole.toString().replaceAll('\n', '\r\n'), 'CRLF'],
		['a CR in the comment', file(untrusted, signature, `${trusted}\r`, global), 'CR'],
		['an additional line', file(untrusted, signature, trusted, global, ''), 'not a signature file'],
		['an additional byte', `${whole}x`, 'not a signature file'],
		['a leading space', ` ${whole}`, 'not a signature file'],
		['a byte order mark', `\uFEFF${whole}`, 'not a signature file'],
		['an unterminated last line', whole.toString().trimEnd(), 'not a signature file'],
		['the lines in another order', file(trusted, global, untrusted, signature), 'not a signature file'],
		['two signature files in one', `${whole}${whole}`, 'not a signature file'],
		[
			'white space in the base64',
			file(untrusted, `${signature.slice(0, 8)} ${signature.slice(8)}`, trusted, global),
			'base64',
		],
		['base64 without padding', file(untrusted, signature.replace(/=+$/, ''), trusted, global), 'base64'],
		['URL-safe base64', file(untrusted, raw.toString('base64url'), trusted, global), 'base64'],
		[
			'non-zero trailing bits in the base64',
			file(untrusted, signature, trusted, global.replace(/(.)==$/, stray)),
			'base64',
		],
		[
			'a signature of 63 bytes',
			file(untrusted, raw.subarray(0, -1).toString('base64'), trusted, global),
			'a length is wrong',
		],
		[
			'a signature of 65 bytes',
			file(untrusted, Buffer.concat([raw, Buffer.alloc(1)]).toString('base64'), trusted, global),
			'a length is wrong',
		],
		[
			'a file above the size limit',
			`${whole.toString().replace(': ', `: ${'x'.repeat(16_384)}`)}`,
			'more than 16384 bytes',
		],
	])('%s', (_what, bytes, why) => {
		expect(check(bytes)).toEqual({ kind: 'refused', why: expect.stringContaining(why) });
	});

	/** The next character encodes the same bytes with different trailing bits. */
	function stray(_all: string, last: string): string {
		return `${String.fromCharCode(last.charCodeAt(0) + 1)}==`;
	}

	test('reports an unknown key id, even on a signature by a pinned key', () => {
		expect(check(patched(2, 1, 2, 3, 4, 5, 6, 7, 8))).toEqual({
			kind: 'unknown-key',
			name: '0807060504030201',
		});
		expect(check(signWithMinisign(other, document, ''))).toEqual({ kind: 'unknown-key', name: other.keyId });
	});

	test('a pinned key id on a signature by another key', () => {
		const forged = signWithMinisign(signerNumber(2, signer.minisignId), document, '');
		expect(check(forged)).toEqual({
			kind: 'refused',
			why: expect.stringContaining('is not of this manifest'),
		});
	});

	test('the trusted comment of another signature by the same key', () => {
		const lines = Buffer.from(signWithMinisign(signer, Buffer.from('other'), 'of another'))
			.toString()
			.split('\n');
		expect(check(file(untrusted, signature, lines[2] ?? '', lines[3] ?? ''))).toMatchObject({
			why: expect.stringContaining('trusted comment'),
		});
	});

	test('a change of any byte of the signature line', () => {
		for (let at = 0; at < raw.length; at += 1)
			expect(check(patched(at, (raw[at] ?? 0) ^ 0x10)).kind).not.toBe('signed');
	});

	test('a change of any byte outside the untrusted comment', () => {
		for (let at = untrusted.length + 1; at < whole.length; at += 1) {
			const changed = Buffer.from(whole);
			changed[at] = (changed[at] ?? 0) ^ 1;
			expect(check(changed).kind).not.toBe('signed');
		}
	});

	test('a file truncated at any byte', () => {
		for (let at = 0; at < whole.length; at += 1) expect(check(whole.subarray(0, at)).kind).toBe('refused');
	});

	test('arbitrary bytes', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: whole.length }), (bytes, at) => {
				expect(check(bytes).kind).toBe('refused');
				check(Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at)]));
			}),
			rounds(300),
		);
	});
});

describe('public keys', () => {
	const blob = Buffer.from(pinned ?? '', 'base64');

	test.each([
		['the line', pinned ?? ''],
		['the file', minisignPublicKey(signer)],
		['the file without its last line end', minisignPublicKey(signer).trimEnd()],
	])('%s', (_what, text) => {
		expect(parseMinisignKey(text)).toMatchObject({
			name: signer.keyId,
			bytes: Buffer.from(signer.publicKey),
		});
	});

	test.each<[string, string, string]>([
		['an empty text', '', 'no public key of minisign'],
		['an SSH key', pins('ssh', signer)[0] ?? '', 'key of SSH'],
		[
			'another algorithm',
			Buffer.concat([Buffer.from('EC'), blob.subarray(2)]).toString('base64'),
			'algorithm',
		],
		['a missing byte', blob.subarray(1).toString('base64'), 'no public key of minisign'],
		[
			'an additional byte',
			Buffer.concat([blob, Buffer.alloc(1)]).toString('base64'),
			'no public key of minisign',
		],
		['a trailing space', `${pinned} `, 'no public key of minisign'],
		['CRLF', minisignPublicKey(signer).replaceAll('\n', '\r\n'), 'no public key of minisign'],
		['two keys', `${minisignPublicKey(signer)}${pinned}`, 'no public key of minisign'],
		['a signature', signature, 'no public key of minisign'],
	])('%s is refused', (_what, text, why) => {
		expect(() => parseMinisignKey(text)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'key-unusable' }) }),
		);
		expect(() => parseMinisignKey(text)).toThrow(why);
	});

	test('formats key ids as minisign does', () => {
		expect(minisignName(Buffer.from('aa69ae50170a8442', 'hex'))).toBe('42840A1750AE69AA');
	});
});
