/** Which release of a plan a request means. An early answer for people; root decides again. */
import { Problem, problem } from '../../../model/base/error.ts';
import type { Available } from '../../../model/release/plan.ts';
import { type Tag, versionOfTag } from '../../../model/release/tag.ts';
import { compareVersions, isNewer, parseVersion } from '../../../model/release/version.ts';

export type Release = Available['path'][number];

/**
 * Returns the requested release, or the next one of the path where none is named. Throws `up-to-date` for the
 * installed one, `wish-not-newer`, `wish-not-on-path`, or the plan's reason when it has no path.
 */
export function chooseRelease(plan: Available, requested: Tag | undefined): Release {
	if (requested !== undefined) return requestedRelease(plan, requested);
	const next = plan.path[0];
	if (next === undefined) throw noPath(plan);
	return next;
}

function requestedRelease(plan: Available, requested: Tag): Release {
	const version = versionOfTag(requested);
	const installed = parseVersion(plan.installed);
	const facts = { wish: requested, installed: plan.installed, path: plan.path.map((release) => release.tag) };
	if (installed !== undefined && compareVersions(version, installed) === 0)
		throw problem('up-to-date', `${plan.installed} is installed`, 'there is nothing to do', { facts });
	if (installed !== undefined && !isNewer(version, installed)) {
		const hint = 'name a newer release; `signalbox rollback` goes back';
		throw problem('wish-not-newer', `cannot update to ${requested}: ${plan.installed} is installed`, hint, {
			facts,
		});
	}
	const release =
		plan.path.find((one) => one.tag === requested) ?? plan.path.find((one) => one.version === version);
	if (release !== undefined) return release;
	if (plan.path.length === 0) throw noPath(plan);
	throw problem(
		'wish-not-on-path',
		`cannot update to ${requested}: it is not on the path from ${plan.installed}`,
		'name a release of the plan',
		{
			facts,
		},
	);
}

function noPath(plan: Available): Problem {
	if (plan.reason !== null) return new Problem(plan.reason);
	return problem('up-to-date', `${plan.installed} is the newest release`, 'there is nothing to do', {
		facts: { installed: plan.installed },
	});
}
