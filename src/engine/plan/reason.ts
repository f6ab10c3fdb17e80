/**
 * The reasons why there is no path. Each function returns what `check` prints and the dashboard shows.
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
		`${installed} is installed, and the channel announces no newer release`,
		'nothing to do',
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
	const asked = forced ? '; its info.json sets forceUpdate, which Signalbox does not obey automatically' : '';
	const hint =
		'check source.channel; if the publisher restarted its version numbers, follow its notes for a new installation';
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
		'cannot determine the newest release: the channel has no info.json',
		'check source.url and source.channel',
		{},
	);
}

export function newestNotTagged(installed: Version, newest: Version): PlanReason {
	return reason(
		'missing-tag',
		`cannot update to ${newest}: the channel announces it, but the source has no tag v${newest}`,
		'try again when the publisher has tagged the release',
		{ installed, newest },
	);
}

export function requestedNotTagged(requested: Tag): PlanReason {
	return reason(
		'missing-tag',
		`cannot update to ${requested}: the source has no such tag`,
		'run "signalbox check" for the releases that can be installed',
		{ wish: requested },
	);
}

export function requestedInstalled(installed: Version, requested: Tag): PlanReason {
	return reason('up-to-date', `${installed} is already installed`, 'nothing to do', {
		installed,
		wish: requested,
	});
}

export function requestedNotNewer(installed: Version, requested: Tag): PlanReason {
	return reason(
		'wish-not-newer',
		`cannot update to ${requested}: it is not newer than ${installed}, which is installed`,
		'run "signalbox rollback" to return to the release before this one',
		{ installed, wish: requested },
	);
}

export function requestedBeyondChannel(newest: Version, requested: Tag): PlanReason {
	return reason(
		'wish-not-on-path',
		`cannot update to ${requested}: it is newer than ${newest}, the newest release that the channel announces`,
		'wait until the channel announces it, or follow another channel',
		{ newest, wish: requested },
	);
}

export function requestedIsPrerelease(requested: Tag): PlanReason {
	return reason(
		'prerelease-refused',
		`cannot update to ${requested}: it is a prerelease`,
		HINTS['prerelease-refused'] ?? OTHER_HINT,
		{ wish: requested },
	);
}

/** The first dead end gives the code: it ends the chain of releases that `requires` itself names. */
export function walkEnded(
	installed: Version,
	target: Tag,
	walk: Extract<Walk, { kind: 'ended' }>,
): PlanReason {
	const given = `${walk.lookups} releases were looked up without finding a path`;
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
		sentence: `${tag} is not tried again automatically before ${again}: ${often} (${cause.code}: ${cause.message})`,
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
	'it was retried too often: wait for a newer release or until that time, or remove failures.json in the state directory';
const SPENT_HINT = 'update to a release in between with "signalbox update --to TAG", then try again';
const OTHER_HINT =
	'ask the publisher for a release in between; run "signalbox check --json" for every dead end';

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
	'failed-before': 'wait for a newer release, or run "signalbox retry" to try this one at once',
	barrier:
		'follow the notes of this release for a new installation, or ask the publisher for a release in between',
	'missing-tag': 'ask the publisher to tag the missing release, or to require one that exists',
	'info-missing': 'ask the publisher for a release in between that has an info.json',
	'version-mismatch':
		'ask the publisher to fix the tag: it was moved, or the version in its info.json was not raised',
	'requires-cycle': 'ask the publisher to fix "requires": two releases require each other',
	'prerelease-refused':
		'a prerelease is offered only if one is installed, or if it is the newest that the channel announces',
};

function reason(code: ErrorCode, message: string, hint: string, facts: Facts): PlanReason {
	return { code, message, hint, retry: code.startsWith('wish-') ? 'never' : 'later', facts };
}
