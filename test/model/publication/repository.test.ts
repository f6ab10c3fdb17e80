import { expect, test } from 'vitest';
import {
	channelPathOf,
	contentPath,
	manifestPathOf,
	parseTargetPath,
	roleFilePath,
	signaturesPathOf,
	targetFilePath,
} from '../../../src/model/publication/repository.ts';
import type { Sha256 } from '../../../src/model/release/manifest.ts';
import type { Tag } from '../../../src/model/release/tag.ts';

const SHA = 'ab'.repeat(32) as Sha256;
const TAG = 'v1.2.3' as Tag;

test('returns the paths of the published layout', () => {
	expect(roleFilePath('root', 3)).toBe('metadata/3.root.json');
	expect(roleFilePath('timestamp', 3)).toBe('metadata/timestamp.json');
	expect(manifestPathOf(TAG)).toBe('releases/v1.2.3/signalbox-manifest.json');
	expect(signaturesPathOf(TAG)).toBe('releases/v1.2.3/signatures');
	expect(targetFilePath(manifestPathOf(TAG), SHA)).toBe(
		`targets/releases/v1.2.3/${SHA}.signalbox-manifest.json`,
	);
	expect(targetFilePath(channelPathOf('a/b'), SHA)).toBe(`targets/channels/a/${SHA}.b.json`);
	expect(contentPath(SHA)).toBe(`files/ab/${SHA}`);
});

test.each([
	[manifestPathOf(TAG), { kind: 'release', tag: TAG }],
	[channelPathOf('a/b'), { kind: 'channel', channel: 'a/b' }],
	['releases/main/signalbox-manifest.json', undefined],
	['releases/v1.2.3/other.json', undefined],
	['x/releases/v1.2.3/signalbox-manifest.json', undefined],
])('parses the target path %s', (path, meaning) => {
	expect(parseTargetPath(path)).toEqual(meaning);
});
