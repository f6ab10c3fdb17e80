/** Which verified releases and manifests are kept, and which are removed. */
import { expect, test } from 'vitest';
import { problem } from '../../../../src/model/base/error.ts';
import type { ErrorCode } from '../../../../src/model/base/error-codes.ts';
import type { Sha256 } from '../../../../src/model/release/manifest.ts';
import type { ReleaseManifest } from '../../../../src/model/release/release-manifest.ts';
import type { Tag } from '../../../../src/model/release/tag.ts';
import type { VerifiedRelease } from '../../../../src/privileged/updater/releases/release-index.ts';
import { verifiedReleases } from '../../../../src/privileged/updater/releases/verified.ts';
import { digestOfBytes, recallManifest } from '../../../../src/trust/verified-release.ts';

function manifestOf(version: string): Uint8Array {
	const terms = { minimumSafeVersion: null, dataVersion: null, reboot: 'never', probes: [] };
	const files = [{ path: 'info.json', mode: '0644', size: 2, sha256: '0'.repeat(64) }];
	const who = { product: 'lamp', tag: `v${version}`, version, requires: '*', channel: null, hardware: null };
	return Buffer.from(JSON.stringify({ schema: 1, ...who, ...terms, hooks: [], files }));
}

function vouchedFor(bytes: Uint8Array = new Uint8Array()): VerifiedRelease {
	return { bytes, manifest: recallManifest(bytes, digestOfBytes(bytes)) };
}

const none = () => Promise.reject(new Error('not asked for here'));

function releasesWith(kept: readonly Uint8Array[], small: () => Promise<never> = none) {
	const shelved = new Map<Sha256, Uint8Array>(kept.map((bytes) => [digestOfBytes(bytes), bytes]));
	const known: Tag[][] = [];
	const releases = verifiedReleases({
		index: { list: none, manifest: async () => vouchedFor(kept[0]), close: async () => undefined },
		contents: {
			pending: none,
			download: none,
			small,
			read: none,
			async prune(_isWanted, wanted: readonly ReleaseManifest[]) {
				known.push(wanted.map(({ tag }) => tag));
				return 1;
			},
		},
		cache: {
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

test('removes the manifests of pruned releases', async () => {
	const { releases, shelved, known } = releasesWith([manifestOf('1.0.0'), manifestOf('1.1.0')]);
	expect(await releases.prune((tag) => tag === 'v1.1.0')).toBe(1);
	expect(known).toEqual([['v1.1.0']]);
	expect([...shelved.values()]).toEqual([manifestOf('1.1.0')]);
});

test('removes a damaged manifest and still checks the others', async () => {
	const { releases, shelved, known } = releasesWith([manifestOf('1.0.0'), manifestOf('1.1.0')]);
	const [damaged] = shelved.keys();
	shelved.set(damaged as Sha256, Buffer.from('torn'));
	expect(await releases.prune(() => true)).toBe(1);
	expect(known).toEqual([['v1.1.0']]);
	expect([...shelved.values()]).toEqual([manifestOf('1.1.0')]);
});

test.each<[ErrorCode, 'unreadable' | 'thrown']>([
	['file-missing', 'unreadable'],
	['file-changed', 'unreadable'],
	['file-too-long', 'unreadable'],
	['content-mismatch', 'unreadable'],
	['source-unreachable', 'thrown'],
])(
	'a file of one release that ends in %s is %s: the others can be had all the same, unless nobody is there',
	async (code, end) => {
		const bytes = manifestOf('1.1.0');
		const failing = () => Promise.reject(problem(code, 'cannot bring info.json', 'ask again'));
		const { releases } = releasesWith([bytes], failing);
		const looked = releases.infoAt('v1.1.0' as Tag);
		if (end === 'unreadable') expect(await looked).toMatchObject({ kind: 'unreadable', error: { code } });
		else await expect(looked).rejects.toMatchObject({ record: { code } });
	},
);
