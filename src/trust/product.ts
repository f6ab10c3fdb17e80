/** Whom a release is for: a release that is signed, and meant for other boxes, is not taken here (threat 19). */
import { problem } from '../model/base/error.ts';
import type { ReleaseManifest } from '../model/release/release-manifest.ts';
import type { Verified } from './verified.ts';

/** What root's own configuration says of this box. */
export interface Belonging {
	readonly channel: string;
	/** What kind of machine it is; undefined: nobody said. */
	readonly hardware: string | undefined;
}

/** Throws `release-for-others` where a release is for another channel or kind of machine. Its product was looked at with its signatures. */
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
		'look at source.channel and hardware of the configuration; do not change them to take a release for other boxes',
		{ facts: { tag, theirs, ours } },
	);
}
