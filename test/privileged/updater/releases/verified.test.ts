/** What is kept of verified releases, and what goes. */
import { expect, test } from 'vitest';
import type { Sha256 } from '../../../../src/model/manifest.ts';
import type { ReleaseManifest } from '../../../../src/model/release-manifest.ts';
import type { Tag } from '../../../../src/model/tag.ts';
import { verifiedReleases } from '../../../../src/privileged/updater/releases/verified.ts';
import { digestOfBytes } from '../../../../src/trust/vouched.ts';

function manifestOf(version: string): Uint8Array {
	const terms = { minimumSafeVersion: null, dataVersion: null, reboot: 'never', probes: [] };
	const files = [{ path: 'info.json', mode: '0644', size: 2, sha256: '0'.repeat(64) }];
	const who = { product: 'lamp', tag: `v${version}`, version, requires: '*', channel: null, hardware: null };
	return Buffer.from(JSON.stringify({ schema: 1, ...who, ...terms, hooks: [], files }));
}

function releasesWith(...kept: readonly Uint8Array[]) {
	const shelved = new Map<Sha256, Uint8Array>(kept.map((bytes) => [digestOfBytes(bytes), bytes]));
	const known: Tag[][] = [];
	const none = () => Promise.reject(new Error('not asked for here'));
	const releases = verifiedReleases({
		index: { list: none, manifest: none, close: async () => undefined },
		contents: {
			bring: none,
			small: none,
			read: none,
			async prune(_isWanted, wanted: readonly ReleaseManifest[]) {
				known.push(wanted.map(({ tag }) => tag));
				return 1;
			},
		},
		shelf: {
			keep: (digest, bytes) => void shelved.set(digest, bytes),
			take: (digest) => shelved.get(digest),
			all: () => [...shelved.keys()],
			drop: (digest) => void shelved.delete(digest),
		},
		box: { channel: 'main', hardware: undefined },
		where: 'here',
		close: async () => undefined,
	});
	return { releases, shelved, known };
}

test('of releases that are not wanted the manifests go too', async () => {
	const { releases, shelved, known } = releasesWith(manifestOf('1.0.0'), manifestOf('1.1.0'));
	expect(await releases.prune((tag) => tag === 'v1.1.0')).toBe(1);
	expect(known).toEqual([['v1.1.0']]);
	expect([...shelved.values()]).toEqual([manifestOf('1.1.0')]);
});

test('a manifest that is damaged is in nobody’s way: it goes, and the others are looked at', async () => {
	const { releases, shelved, known } = releasesWith(manifestOf('1.0.0'), manifestOf('1.1.0'));
	const [damaged] = shelved.keys();
	shelved.set(damaged as Sha256, Buffer.from('torn'));
	expect(await releases.prune(() => true)).toBe(1);
	expect(known).toEqual([['v1.1.0']]);
	expect([...shelved.values()]).toEqual([manifestOf('1.1.0')]);
});
