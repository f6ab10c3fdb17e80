/** Every kind of difference between the written tree and the signed manifest stops the installation. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Problem } from '../../src/model/base/error.ts';
import type { Manifest, ManifestEntry, ReleasePath, Sha256 } from '../../src/model/release/manifest.ts';
import type { ReleaseManifest } from '../../src/model/release/release-manifest.ts';
import { parseTag, type Tag } from '../../src/model/release/tag.ts';
import { DEFAULT_TERMS } from '../../src/model/release/terms.ts';
import {
	parseRange,
	parseVersion,
	type Version,
	type VersionRange,
} from '../../src/model/release/version.ts';
import { matchTree } from '../../src/trust/match-tree.ts';
import type { Verified } from '../../src/trust/verified.ts';
import { digestOfBytes, recallManifest } from '../../src/trust/verified-release.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex') as Sha256;
const file = (path: string, text: string, mode: 0o644 | 0o755 = 0o644): ManifestEntry => ({
	kind: 'file',
	path: path as ReleasePath,
	mode,
	size: text.length,
	sha256: sha256(text),
});
const link = (path: string, target: string): ManifestEntry => ({
	kind: 'link',
	path: path as ReleasePath,
	target,
});

const listed: readonly ManifestEntry[] = [file('a', 'one'), file('b/c', 'two', 0o755), link('d', 'a')];

const release = {
	product: 'lamp',
	tag: parseTag('v1.2.0') as Tag,
	version: parseVersion('1.2.0') as Version,
	requires: parseRange('*') as VersionRange,
	channel: null,
	hardware: null,
	terms: DEFAULT_TERMS,
	hooks: [],
	archive: null,
	files: listed,
	// The cast stands in for the signature check.
} as ReleaseManifest as Verified<ReleaseManifest>;

const found = (entries: readonly ManifestEntry[]): Manifest => ({ schema: 1, entries });

test('accepts a tree that equals the signed manifest', () => {
	expect(matchTree(found(structuredClone(listed)), release)).toEqual(found(listed));
});

test.each<[string, readonly ManifestEntry[], string]>([
	['an empty tree', [], '"a"'],
	['a missing entry', listed.slice(0, 2), 'the link "d"'],
	['an additional file', [...listed, file('e', 'x')], 'the file "e"'],
	[
		'a file under another name',
		[listed[0] as ManifestEntry, file('b/d', 'two', 0o755), listed[2] as ManifestEntry],
		'"b/d"',
	],
	['other contents of the same length', [file('a', 'eno'), ...listed.slice(1)], sha256('eno')],
	[
		'a file of another length',
		[{ ...file('a', 'one'), size: 4 } as ManifestEntry, ...listed.slice(1)],
		'4 bytes',
	],
	['a file with another mode', [file('a', 'one', 0o755), ...listed.slice(1)], 'mode 755'],
	['a link with another target', [...listed.slice(0, 2), link('d', 'b/c')], 'to "b/c"'],
	['a link where a file was signed', [link('a', 'd'), ...listed.slice(1)], 'the link "a"'],
	['a file where a link was signed', [...listed.slice(0, 2), file('d', 'a')], 'the file "d"'],
	[
		'the same entries in another order',
		[listed[1] as ManifestEntry, listed[0] as ManifestEntry, listed[2] as ManifestEntry],
		'"b/c"',
	],
])('rejects %s', (_what, entries, named) => {
	try {
		matchTree(found(entries), release);
	} catch (thrown) {
		expect(thrown).toBeInstanceOf(Problem);
		const { record } = thrown as Problem;
		expect(record).toMatchObject({ code: 'content-mismatch', facts: { tag: 'v1.2.0' } });
		expect(record.message).toContain(named);
		return;
	}
	throw new Error('it was accepted');
});

test.each([
	['bytes with a digest that is not in the journal', Buffer.from('{}')],
	['a missing file', undefined],
])('recalls no manifest from %s', (_what, bytes) => {
	expect(() => recallManifest(bytes, digestOfBytes(Buffer.from('other')))).toThrow(
		expect.objectContaining({ record: expect.objectContaining({ code: 'content-changed' }) }),
	);
});
