/** Threat 19: a correctly signed release that is meant for other boxes. */
import { expect, test } from 'vitest';
import type { ReleaseManifest } from '../../src/model/release/release-manifest.ts';
import { type Belonging, requireBelonging } from '../../src/trust/product.ts';
import type { Verified } from '../../src/trust/verified.ts';

/** The cast stands in for the signature check: these tests are only about the release's audience. */
function releaseFor(channel: string | null, hardware: readonly string[] | null): Verified<ReleaseManifest> {
	return { tag: 'v1.2.3', channel, hardware } as unknown as Verified<ReleaseManifest>;
}

const PI: Belonging = { channel: 'main', hardware: 'pi4' };
const UNCONFIGURED: Belonging = { channel: 'main', hardware: undefined };

test.each<[string, string | null, readonly string[] | null, Belonging]>([
	['for all boxes', null, null, PI],
	['for all, on a machine without a configured kind', null, null, UNCONFIGURED],
	['for its channel', 'main', null, PI],
	['for its kind of machine', null, ['pi5', 'pi4'], PI],
])('accepts a release %s', (_what, channel, hardware, box) => {
	expect(() => requireBelonging(releaseFor(channel, hardware), box)).not.toThrow();
});

test.each<[string, string | null, readonly string[] | null, Belonging]>([
	['for another channel', 'beta', null, PI],
	['for a channel whose name differs in case', 'Main', null, PI],
	['for another kind of machine', null, ['pi5'], PI],
	['for a kind of machine whose name only shares a prefix', null, ['pi4b'], PI],
	['for an empty list of machines', null, [], PI],
	['for one kind, on a machine without a configured kind', null, ['pi4'], UNCONFIGURED],
	['for its kind of machine but another channel', 'beta', ['pi4'], PI],
])('rejects a release %s', (_what, channel, hardware, box) => {
	expect(() => requireBelonging(releaseFor(channel, hardware), box)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({
				code: 'release-for-others',
				hint: expect.stringContaining('do not change'),
			}),
		}),
	);
});
