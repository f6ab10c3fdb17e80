/** Threat 19: a release that is signed, and meant for other boxes. */
import { expect, test } from 'vitest';
import type { ReleaseManifest } from '../../src/model/release/release-manifest.ts';
import { type Belonging, requireBelonging } from '../../src/trust/product.ts';
import type { Verified } from '../../src/trust/verified.ts';

/** As if it were verified: what is judged here is whom it is for. */
function releaseFor(channel: string | null, hardware: readonly string[] | null): Verified<ReleaseManifest> {
	return { tag: 'v1.2.3', channel, hardware } as unknown as Verified<ReleaseManifest>;
}

const PI: Belonging = { channel: 'main', hardware: 'pi4' };
const NOBODY_SAID: Belonging = { channel: 'main', hardware: undefined };

test.each<[string, string | null, readonly string[] | null, Belonging]>([
	['for all', null, null, PI],
	['for all, on a machine of which nobody said what it is', null, null, NOBODY_SAID],
	['for its channel', 'main', null, PI],
	['for its kind of machine', null, ['pi5', 'pi4'], PI],
])('a release %s is taken', (_what, channel, hardware, box) => {
	expect(() => requireBelonging(releaseFor(channel, hardware), box)).not.toThrow();
});

test.each<[string, string | null, readonly string[] | null, Belonging]>([
	['for another channel', 'beta', null, PI],
	['for a channel that is spelt otherwise', 'Main', null, PI],
	['for another kind of machine', null, ['pi5'], PI],
	['for a kind whose name only begins like that of this one', null, ['pi4b'], PI],
	['for no kind at all', null, [], PI],
	['for one kind, on a machine of which nobody said what it is', null, ['pi4'], NOBODY_SAID],
	['for its kind of machine, and another channel', 'beta', ['pi4'], PI],
])('a release %s is refused', (_what, channel, hardware, box) => {
	expect(() => requireBelonging(releaseFor(channel, hardware), box)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({
				code: 'release-for-others',
				hint: expect.stringContaining('do not change'),
			}),
		}),
	);
});
