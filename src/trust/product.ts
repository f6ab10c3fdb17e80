/** Rejects a correctly signed release that is meant for other boxes (threat 19). */
import { problem } from '../model/base/error.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Verified } from './verified.ts';

/** This box, according to root's configuration. */
export interface Belonging {
	readonly channel: string;
	/** The kind of machine; undefined if not configured. */
	readonly hardware: string | undefined;
}

/**
 * Throws `release-for-others` if the release is for another channel or kind of machine. The product was
 * already checked with the signatures.
 */
export function requireBelonging(release: Verified<ReleaseManifest>, box: Belonging): void {
	const { channel, hardware } = release;
	if (channel !== null && channel !== box.channel)
		throw forOthers(release, 'the channel', channel, box.channel);
	if (hardware === null || (box.hardware !== undefined && hardware.includes(box.hardware))) return;
	throw forOthers(
		release,
		'machines of the kind',
		hardware.join(', '),
		box.hardware ?? 'nothing: no hardware is configured',
	);
}

function forOthers({ tag }: ReleaseManifest, what: string, theirs: string, ours: string): Error {
	return problem(
		'release-for-others',
		`cannot take ${tag}: it is for ${what} ${theirs}, and this box is ${ours}`,
		'check source.channel and hardware in the configuration; do not change them to install a release for other boxes',
		{ facts: { tag, theirs, ours } },
	);
}
