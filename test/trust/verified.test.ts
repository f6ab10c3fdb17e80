/** Unsigned manifests and manifest digests. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Manifest, ReleasePath, Sha256 } from '../../src/model/release/manifest.ts';
import { acceptUnsigned, digestOfManifest } from '../../src/trust/verified.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex') as Sha256;

const manifest: Manifest = {
	schema: 1,
	entries: [
		{ kind: 'file', path: 'a' as ReleasePath, mode: 0o644, size: 1, sha256: sha256('a') },
		{ kind: 'link', path: 'b' as ReleasePath, target: 'a' },
	],
};

test('accepts an unsigned manifest unchanged', () => {
	expect(acceptUnsigned(manifest)).toBe(manifest);
});

describe('the digest of a manifest', () => {
	test('is the digest of its JSON and is stable', () => {
		expect(digestOfManifest(manifest)).toBe(sha256(JSON.stringify(manifest)));
		expect(digestOfManifest(structuredClone(manifest))).toBe(digestOfManifest(manifest));
	});

	test.each<[string, (entry: Record<string, unknown>) => Record<string, unknown>]>([
		['mode', (entry) => ({ ...entry, mode: 0o755 })],
		['size', (entry) => ({ ...entry, size: 2 })],
		['contents', (entry) => ({ ...entry, sha256: sha256('b') })],
		['name', (entry) => ({ ...entry, path: 'c' })],
	])('changes with a %s', (_, change) => {
		const [first, ...others] = structuredClone(manifest.entries) as unknown as Record<string, unknown>[];
		const other = { schema: 1, entries: [change(first ?? {}), ...others] } as unknown as Manifest;
		expect(digestOfManifest(other)).not.toBe(digestOfManifest(manifest));
	});

	test('changes with a missing entry and with the order of entries', () => {
		expect(digestOfManifest({ schema: 1, entries: manifest.entries.slice(1) })).not.toBe(
			digestOfManifest(manifest),
		);
		expect(digestOfManifest({ schema: 1, entries: manifest.entries.toReversed() })).not.toBe(
			digestOfManifest(manifest),
		);
	});
});
