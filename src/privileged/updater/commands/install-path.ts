/** Installs one release after the other along the plan, each as a change of its own. */

import { Problem } from '../../../model/base/error.ts';
import { EXIT, type ExitCode } from '../../../model/base/error-codes.ts';
import type { Outcome } from '../../../model/change/outcome.ts';
import type { Hop } from '../../../model/release/plan.ts';
import type { RequestedRelease, RetryRule } from '../../../model/signal/requested-release.ts';
import { rememberTry } from '../plan/failed-releases.ts';
import { requireInstalled } from '../plan/installed-version.ts';
import { makePlan } from '../plan/planning.ts';
import { pruneOlder } from '../releases/prune-store.ts';
import type { World } from '../world.ts';
import { exitOf, newChange, runNew } from './changes.ts';

/**
 * Installs the whole path to a requested release, or the first step of the plan. Throws the reason when there
 * is no path.
 */
export async function installPath(
	world: World,
	requested: RequestedRelease,
	rule: RetryRule,
): Promise<ExitCode> {
	const plan = await makePlan(world, requireInstalled(world.layout), requested, rule);
	if (plan.reason !== null) throw new Problem(plan.reason);
	await pruneOlder(world, plan.installed);
	const hops = requested.kind === 'tag' ? plan.path : plan.path.slice(0, 1);
	let from = plan.installed;
	for (const hop of hops) {
		rememberTry(world, hop.version, rule);
		const outcome = await installHop(world, from, hop, hops.at(-1) ?? hop);
		if (outcome.kind !== 'committed') return exitOf(outcome);
		from = hop.version;
	}
	return EXIT.done;
}

async function installHop(world: World, from: Hop['version'], hop: Hop, goal: Hop): Promise<Outcome> {
	const { product, trust } = world.config;
	const { tag, version: to } = hop;
	return await runNew(world, {
		change: newChange(world),
		kind: 'update',
		product,
		from,
		to,
		tag,
		goal: goal.tag,
		of: null,
		trust: trust.mode,
	});
}
