/** Thresholds, and what is bound by a signature: the same for both forms. */
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
		['one of one, beside that of a stranger', 1, [a], [signed(b), signed(a)]],
		['one of one, beside rubbish', 1, [a], [Buffer.from('rubbish'), signed(a), Buffer.alloc(0)]],
		['one of one, beside its own of another release', 1, [a], [signed(a, manifestOf('v1.2.2')), signed(a)]],
	])('%s is enough', (_what, threshold, pinned, signatures) => {
		expect(verify(threshold, pinned, signatures)).toMatchObject({
			product: 'citadel',
			tag: 'v1.2.3',
			version: '1.2.3',
		});
	});

	test.each<[string, string, number, readonly Signer[], readonly Uint8Array[]]>([
		['no signature', 'signature-missing', 1, [a], []],
		['one where two are needed', 'signature-missing', 2, [a, b], [signed(a)]],
		['the same one twice', 'signature-missing', 2, [a, b], [signed(a), signed(a)]],
		[
			'two signatures of one key',
			'signature-missing',
			2,
			[a, b],
			[signed(a), signed(a, bytes, 'another comment')],
		],
		['one pinned and one stranger', 'signature-invalid', 2, [a, b], [signed(a), signed(c)]],
		['a stranger', 'signature-invalid', 1, [a], [signed(b)]],
		['rubbish', 'signature-invalid', 1, [a], [Buffer.from('rubbish')]],
		['nothing in the file', 'signature-invalid', 1, [a], [Buffer.alloc(0)]],
		['a signature of another release', 'signature-invalid', 1, [a], [signed(a, manifestOf('v1.2.2'))]],
		[
			'a signature of one byte more',
			'signature-invalid',
			1,
			[a],
			[signed(a, Buffer.concat([bytes, Buffer.from('\n')]))],
		],
		[
			'one behind more rubbish than anybody signs',
			'signature-invalid',
			1,
			[a],
			[...Array(64).fill(Buffer.from('x')), signed(a)],
		],
		['a signature, with no key pinned', 'trust-unavailable', 1, [], [signed(a)]],
		['no signature, with no key pinned', 'trust-unavailable', 0, [], []],
		['a threshold of none', 'trust-unavailable', 0, [a], [signed(a)]],
		['a threshold below none', 'trust-unavailable', -1, [a], [signed(a)]],
		['a threshold that is no number', 'trust-unavailable', Number.NaN, [a], [signed(a)]],
		['a threshold between', 'trust-unavailable', 0.5, [a], [signed(a)]],
		['a threshold beyond the keys', 'trust-unavailable', 2, [a], [signed(a), signed(b)]],
		['one key pinned twice for two', 'trust-unavailable', 2, [a, a], [signed(a), signed(a)]],
	])('%s is refused', (_what, wanted, threshold, pinned, signatures) => {
		expect(() => verify(threshold, pinned, signatures)).toThrow(code(wanted));
	});

	test('a policy that was not made by pinKeys counts a key once all the same', () => {
		const [key] = pinKeys(mode, pins(mode, a));
		if (key === undefined) throw new Error('no key');
		const twice = { mode, keys: [key, { ...key, name: 'ABCDEF0123456789' }], threshold: 2 };
		expect(() => verifySignedManifest(bytes, [signed(a)], twice, WANTED)).toThrow(code('trust-unavailable'));
	});

	test('every byte of the manifest is signed', () => {
		const signature = signed(a);
		for (let at = 0; at < bytes.length; at += 7) {
			const changed = Buffer.from(bytes);
			changed[at] = (changed[at] ?? 0) ^ 1;
			expect(() => verify(1, [a], [signature], changed)).toThrow(code('signature-invalid'));
		}
	});

	test('what is signed and no manifest is refused, and so is what is unsigned and no manifest: unread', () => {
		const broken = Buffer.from('{"schema": 1}');
		expect(() => verify(1, [a], [signed(a, broken)], broken)).toThrow(code('manifest-unreadable'));
		expect(() => verify(1, [a], [signed(a)], broken)).toThrow(code('signature-invalid'));
	});

	test.each([
		['another version', manifestOf('v1.2.2'), 'citadel v1.2.2, not of citadel v1.2.3'],
		['a newer version', manifestOf('v9.9.9'), 'citadel v9.9.9, not of citadel v1.2.3'],
		['another product', manifestOf('v1.2.3', 'umbrel'), 'umbrel v1.2.3, not of citadel v1.2.3'],
	])('a manifest of %s is refused, however well it is signed', (_what, other, told) => {
		expect(() => verify(1, [a], [signed(a, other)], other)).toThrow(code('manifest-mismatch'));
		expect(() => verify(1, [a], [signed(a, other)], other)).toThrow(told);
	});

	test('the tag is compared as it is written', () => {
		expect(() =>
			verifySignedManifest(bytes, [signed(a)], policy(1, a), { ...WANTED, tag: '1.2.3' as Tag }),
		).toThrow(code('manifest-mismatch'));
	});

	test('the error says how many are missing and whose they are', () => {
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

	test('a key that is pinned twice is one key, whatever stands beside it', () => {
		const texts = mode === 'ssh' ? ['ssh-ed25519 %', 'ssh-ed25519 % other'] : [];
		const again = texts.map((text) => text.replace('%', pins('ssh', a)[0]?.split(' ')[1] ?? ''));
		expect(pinKeys(mode, [...pins(mode, a, a, b), ...again])).toHaveLength(2);
	});

	test('a signature of the other form is refused', () => {
		const other = mode === 'ssh' ? signWithMinisign(a, bytes, '') : signWithSsh(a, bytes);
		expect(() => verify(1, [a], [other])).toThrow(code('signature-invalid'));
	});
});

test('one key under two ids of minisign is one key', () => {
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

test('bytes that another kind of trust verified are held against what was asked for too', () => {
	const verified = bytes as Verified<Uint8Array>;
	expect(requireRelease(verified, WANTED).version).toBe('1.2.3');
	expect(() => requireRelease(verified, { ...WANTED, product: 'umbrel' })).toThrow(code('manifest-mismatch'));
});
