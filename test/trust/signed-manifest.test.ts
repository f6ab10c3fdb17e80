/** Thresholds, and what a signature covers, for both signature formats. */
import { describe, expect, test } from 'vitest';
import type { Signer } from '../../src/author/keys/signer.ts';
import { signWithMinisign } from '../../src/author/sign/minisign.ts';
import { signWithSsh } from '../../src/author/sign/ssh.ts';
import type { Tag } from '../../src/model/release/tag.ts';
import {
	pinKeys,
	requireRelease,
	type SignatureMode,
	verifySignedManifest,
} from '../../src/trust/signed-manifest.ts';
import type { Verified } from '../../src/trust/verified.ts';
import { manifestOf, pins, signerNumber, WANTED } from './releases.ts';

const [a, b, c] = [signerNumber(1), signerNumber(2), signerNumber(3)];
const bytes = manifestOf('v1.2.3');

const code = (wanted: string) =>
	expect.objectContaining({ record: expect.objectContaining({ code: wanted }) });

describe.each<SignatureMode>(['minisign', 'ssh'])('%s', (mode) => {
	const signed = (by: Signer, document = bytes, comment = 'v1.2.3') =>
		mode === 'ssh' ? signWithSsh(by, document) : signWithMinisign(by, document, comment);
	const policy = (threshold: number, ...signers: readonly Signer[]) => ({
		mode,
		keys: pinKeys(mode, pins(mode, ...signers)),
		threshold,
	});
	const verify = (
		threshold: number,
		pinned: readonly Signer[],
		signatures: readonly Uint8Array[],
		document = bytes,
	) => verifySignedManifest(document, signatures, policy(threshold, ...pinned), WANTED);

	test.each<[string, number, readonly Signer[], readonly Uint8Array[]]>([
		['one of one', 1, [a], [signed(a)]],
		['one of two', 1, [a, b], [signed(b)]],
		['two of two', 2, [a, b], [signed(b), signed(a)]],
		['two of three', 2, [a, b, c], [signed(a), signed(c)]],
		['one of one, beside one by an unknown key', 1, [a], [signed(b), signed(a)]],
		['one of one, beside malformed files', 1, [a], [Buffer.from('rubbish'), signed(a), Buffer.alloc(0)]],
		[
			'one of one, beside its signature of another release',
			1,
			[a],
			[signed(a, manifestOf('v1.2.2')), signed(a)],
		],
	])('accepts %s', (_what, threshold, pinned, signatures) => {
		expect(verify(threshold, pinned, signatures)).toMatchObject({
			product: 'citadel',
			tag: 'v1.2.3',
			version: '1.2.3',
		});
	});

	test.each<[string, string, number, readonly Signer[], readonly Uint8Array[]]>([
		['no signature', 'signature-missing', 1, [a], []],
		['one signature below a threshold of two', 'signature-missing', 2, [a, b], [signed(a)]],
		['the same signature twice', 'signature-missing', 2, [a, b], [signed(a), signed(a)]],
		[
			'two signatures by one key',
			'signature-missing',
			2,
			[a, b],
			[signed(a), signed(a, bytes, 'another comment')],
		],
		['signatures by one pinned and one unknown key', 'signature-invalid', 2, [a, b], [signed(a), signed(c)]],
		['a signature by an unknown key', 'signature-invalid', 1, [a], [signed(b)]],
		['a malformed signature', 'signature-invalid', 1, [a], [Buffer.from('rubbish')]],
		['an empty signature file', 'signature-invalid', 1, [a], [Buffer.alloc(0)]],
		['a signature of another release', 'signature-invalid', 1, [a], [signed(a, manifestOf('v1.2.2'))]],
		[
			'a signature over one additional byte',
			'signature-invalid',
			1,
			[a],
			[signed(a, Buffer.concat([bytes, Buffer.from('\n')]))],
		],
		[
			'a valid signature beyond the maximum number of files',
			'signature-invalid',
			1,
			[a],
			[...Array(64).fill(Buffer.from('x')), signed(a)],
		],
		['a signature without pinned keys', 'trust-unavailable', 1, [], [signed(a)]],
		['no signature without pinned keys', 'trust-unavailable', 0, [], []],
		['a threshold of zero', 'trust-unavailable', 0, [a], [signed(a)]],
		['a negative threshold', 'trust-unavailable', -1, [a], [signed(a)]],
		['a threshold that is not a number', 'trust-unavailable', Number.NaN, [a], [signed(a)]],
		['a fractional threshold', 'trust-unavailable', 0.5, [a], [signed(a)]],
		['a threshold above the number of keys', 'trust-unavailable', 2, [a], [signed(a), signed(b)]],
		['one key pinned twice for a threshold of two', 'trust-unavailable', 2, [a, a], [signed(a), signed(a)]],
	])('rejects %s', (_what, wanted, threshold, pinned, signatures) => {
		expect(() => verify(threshold, pinned, signatures)).toThrow(code(wanted));
	});

	test('counts a duplicate key once, even in a policy not made by pinKeys', () => {
		const [key] = pinKeys(mode, pins(mode, a));
		if (key === undefined) throw new Error('no key');
		const twice = { mode, keys: [key, { ...key, name: 'ABCDEF0123456789' }], threshold: 2 };
		expect(() => verifySignedManifest(bytes, [signed(a)], twice, WANTED)).toThrow(code('trust-unavailable'));
	});

	test('rejects a change of any byte of the manifest', () => {
		const signature = signed(a);
		for (let at = 0; at < bytes.length; at += 7) {
			const changed = Buffer.from(bytes);
			changed[at] = (changed[at] ?? 0) ^ 1;
			expect(() => verify(1, [a], [signature], changed)).toThrow(code('signature-invalid'));
		}
	});

	test('rejects a signed non-manifest, and an unsigned one without parsing it', () => {
		const broken = Buffer.from('{"schema": 1}');
		expect(() => verify(1, [a], [signed(a, broken)], broken)).toThrow(code('manifest-unreadable'));
		expect(() => verify(1, [a], [signed(a)], broken)).toThrow(code('signature-invalid'));
	});

	test.each([
		['another version', manifestOf('v1.2.2'), 'citadel v1.2.2, not of citadel v1.2.3'],
		['a newer version', manifestOf('v9.9.9'), 'citadel v9.9.9, not of citadel v1.2.3'],
		['another product', manifestOf('v1.2.3', 'umbrel'), 'umbrel v1.2.3, not of citadel v1.2.3'],
	])('rejects a correctly signed manifest of %s', (_what, other, told) => {
		expect(() => verify(1, [a], [signed(a, other)], other)).toThrow(code('manifest-mismatch'));
		expect(() => verify(1, [a], [signed(a, other)], other)).toThrow(told);
	});

	test('compares the tag literally', () => {
		expect(() =>
			verifySignedManifest(bytes, [signed(a)], policy(1, a), { ...WANTED, tag: '1.2.3' as Tag }),
		).toThrow(code('manifest-mismatch'));
	});

	test('names the missing signatures and the pinned keys in the error', () => {
		const names = policy(1, a, b).keys.map(({ name }) => name);
		expect(() => verify(2, [a, b], [signed(a), signed(c)])).toThrow(
			expect.objectContaining({
				message: expect.stringMatching(/1 of the 2 signatures that are needed: .* is not a pinned key/),
				record: expect.objectContaining({
					facts: { threshold: 2, valid: 1, keys: names, why: [expect.stringContaining('not a pinned key')] },
				}),
			}),
		);
	});

	test('counts a key once that is pinned twice with different comments', () => {
		const texts = mode === 'ssh' ? ['ssh-ed25519 %', 'ssh-ed25519 % other'] : [];
		const again = texts.map((text) => text.replace('%', pins('ssh', a)[0]?.split(' ')[1] ?? ''));
		expect(pinKeys(mode, [...pins(mode, a, a, b), ...again])).toHaveLength(2);
	});

	test('rejects a signature in the other format', () => {
		const other = mode === 'ssh' ? signWithMinisign(a, bytes, '') : signWithSsh(a, bytes);
		expect(() => verify(1, [a], [other])).toThrow(code('signature-invalid'));
	});
});

test('counts one key with two minisign ids once', () => {
	const renamed = signerNumber(1, Buffer.alloc(8, 7));
	const keys = pinKeys('minisign', pins('minisign', a, renamed));
	expect(keys).toHaveLength(1);
	const policy = {
		mode: 'minisign',
		keys: pinKeys('minisign', pins('minisign', a, renamed, b)),
		threshold: 2,
	} as const;
	const both = [signWithMinisign(a, bytes, ''), signWithMinisign(renamed, bytes, '')];
	expect(() => verifySignedManifest(bytes, both, policy, WANTED)).toThrow(code('signature-invalid'));
});

test('compares a manifest verified by TUF with the requested release too', () => {
	const verified = bytes as Verified<Uint8Array>;
	expect(requireRelease(verified, WANTED).version).toBe('1.2.3');
	expect(() => requireRelease(verified, { ...WANTED, product: 'umbrel' })).toThrow(code('manifest-mismatch'));
});
