/**
 * The reasons why there is no path. Each function returns the record that `check` prints and the dashboard
 * shows.
 */

import type { Facts } from '../../model/base/error.ts';
import type { ErrorCode } from '../../model/base/error-codes.ts';
import type { InfoJson } from '../../model/release/info.ts';
import type { PlanReason } from '../../model/release/plan.ts';
import type { Tag } from '../../model/release/tag.ts';
import type { Version } from '../../model/release/version.ts';
import type { DeadEnd, Lookup } from './catalogue.ts';
import type { Withheld } from './failed-releases.ts';
import type { Walk } from './walk.ts';

export function upToDate(installed: Version): PlanReason {
	return reason(
		'up-to-date',
		`${installed} is installed, and the channel announces nothing newer`,
		'nothing needs to be done',
		{
			installed,
		},
	);
}

/**
 * A channel that went back or restarted its version numbers. `forceUpdate` asks to install it anyway; that
 * could also turn a replayed old release into a downgrade, so it is reported and not obeyed.
 */
export function aheadOfChannel(installed: Version, newest: InfoJson): PlanReason {
	const forced = newest.raw['forceUpdate'] === true;
	const asked = forced
		? '; its info.json asks to be installed all the same (forceUpdate), which Signalbox does not do by itself'
		: '';
	const hint =
		'see that the channel is the right one; if its numbers began anew, move to it by a new installation, as its publisher says';
	return reason(
		'ahead-of-channel',
		`${installed} is installed, and the channel announces only ${newest.version}${asked}`,
		hint,
		{
			installed,
			newest: newest.version,
			forceUpdate: forced,
		},
	);
}

/** The channel's ref has no info.json. */
export function channelSilent(channel: Exclude<Lookup, { kind: 'info' }>): PlanReason {
	if (channel.kind === 'unreadable') return channel.error;
	return reason(
		'info-missing',
		'cannot see what is newest: the channel has no info.json',
		'see that source.url and source.channel name the right place',
		{},
	);
}

export function newestNotTagged(installed: Version, newest: Version): PlanReason {
	return reason(
		'missing-tag',
		`cannot update to ${newest}: the channel announces it, but the source has no tag v${newest}`,
		'ask again when the publisher has tagged the release',
		{ installed, newest },
	);
}

export function requestedNotTagged(wish: Tag): PlanReason {
	return reason(
		'missing-tag',
		`cannot update to ${wish}: the source has no such tag`,
		'"signalbox check" lists what can be had',
		{ wish },
	);
}

export function requestedInstalled(installed: Version, wish: Tag): PlanReason {
	return reason(
		'up-to-date',
		`${installed} is installed, which is what was asked for`,
		'nothing needs to be done',
		{ installed, wish },
	);
}

export function requestedNotNewer(installed: Version, wish: Tag): PlanReason {
	return reason(
		'wish-not-newer',
		`cannot update to ${wish}: ${installed} is installed, and an update only goes up`,
		'"signalbox rollback" brings back the release before this one',
		{ installed, wish },
	);
}

export function requestedBeyondChannel(newest: Version, wish: Tag): PlanReason {
	return reason(
		'wish-not-on-path',
		`cannot update to ${wish}: the channel announces ${newest} as its newest`,
		'wait until the channel announces it, or follow another channel',
		{ newest, wish },
	);
}

export function requestedIsPrerelease(wish: Tag): PlanReason {
	return reason(
		'prerelease-refused',
		`cannot update to ${wish}: it is a prerelease`,
		HINTS['prerelease-refused'] ?? OTHER_HINT,
		{ wish },
	);
}

/** The first dead end gives the code: it ends the chain of releases that `requires` itself names. */
export function walkEnded(
	installed: Version,
	target: Tag,
	walk: Extract<Walk, { kind: 'ended' }>,
): PlanReason {
	const given = `${walk.lookups} releases were looked at, and the walk ends there`;
	const deadEnds = walk.deadEnds.map((end) => end.sentence).concat(walk.why === 'spent' ? [given] : []);
	const [first = { code: 'no-compatible-path', sentence: given }]: readonly DeadEnd[] = walk.deadEnds;
	const hint = walk.why === 'spent' ? SPENT_HINT : (first.hint ?? HINTS[first.code] ?? OTHER_HINT);
	const facts = { installed, target, lookups: walk.lookups, deadEnds, ...first.facts };
	return reason(first.code, `cannot update from ${installed} to ${target}: ${first.sentence}`, hint, facts);
}

/** Why a release that failed here is withheld: when and why it failed, and until when it is withheld. */
export function failedBefore({ failure, until, retry }: Withheld): DeadEnd {
	const { tag, at, times, change, cause } = failure;
	const [failedAt, again] = [new Date(at).toISOString(), new Date(until).toISOString()];
	const often =
		times === 1
			? `it failed here at ${failedAt}`
			: `it failed here ${times} times, the last time at ${failedAt}`;
	return {
		code: 'failed-before',
		sentence: `${tag} is not tried again by itself before ${again}: ${often} (${cause.code}: ${cause.message})`,
		facts: { failed: tag, failedAt, again, times, cause: cause.code, change },
		...(retry === 'used-up' ? { hint: USED_UP_HINT } : {}),
	};
}

/** The reason of a plan whose path contains a release that failed since. */
export function pathFailed(installed: Version, target: Tag, withheld: Withheld): PlanReason {
	return walkEnded(installed, target, {
		kind: 'ended',
		deadEnds: [failedBefore(withheld)],
		lookups: 0,
		why: 'all-tried',
	});
}

const USED_UP_HINT =
	'it was tried again too often: wait for a newer release, or for that time; who runs the box may remove failures.json in the state directory';
const SPENT_HINT = 'go by a release in between: name one with "signalbox update --to TAG", then ask again';
const OTHER_HINT =
	'ask the publisher for a release in between; "signalbox check --json" lists every dead end';

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
	'failed-before':
		'a newer release is taken as soon as there is one; "signalbox retry" tries this one at once',
	barrier:
		'no update leads past this release: follow its notes for a new installation, or ask the publisher for a release in between',
	'missing-tag': 'ask the publisher to tag the release that is missing, or to require one that is there',
	'info-missing': 'ask the publisher for a release in between that carries an info.json',
	'version-mismatch': 'ask the publisher to mend the tag: it was moved, or its info.json was not raised',
	'requires-cycle': 'ask the publisher to mend requires: two releases wait for each other',
	'prerelease-refused':
		'prereleases are offered where one is installed, or where the channel announces one as its newest',
};

function reason(code: ErrorCode, message: string, hint: string, facts: Facts): PlanReason {
	return { code, message, hint, retry: code.startsWith('wish-') ? 'never' : 'later', facts };
}
