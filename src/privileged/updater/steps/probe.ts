/**
 * Runs the health checks of the release that was just installed, until they pass and keep passing for the
 * soak time.
 */
import { join } from 'node:path';
import { stepId } from '../../../model/change/step-table.ts';
import { type OnProbing, requireWell } from '../health/probes.ts';
import { probesOfNew, probesOfOld } from '../health/probes-of.ts';
import type { StepHandler } from '../step-handler.ts';
import type { ChangeWorld } from '../world.ts';

/** The progress while probes run: between the start of this step and the commit. */
const PROGRESS = 92;
/** Milliseconds between two statuses. */
const EVERY = 1000;
const PROBE = stepId({ kind: 'probe' });

export const probe: StepHandler<'probe'> = {
	async do(world) {
		const { opened, layout } = world;
		const probes =
			opened.of === null
				? probesOfNew(world)
				: probesOfOld(world, join(layout.changes, opened.of), opened.to);
		return { probes: await requireWell(world, probes, reporterOf(world)) };
	},
};

/** Reports each sentence once, and a countdown once a second. */
function reporterOf({ publisher, clock }: ChangeWorld): OnProbing {
	let told = '';
	let last = Number.NEGATIVE_INFINITY;
	return (sentence) => {
		if (sentence === told || clock.monotonic() - last < EVERY) return;
		[told, last] = [sentence, clock.monotonic()];
		publisher.moment({ state: 'probing', step: PROBE, progress: PROGRESS, description: sentence });
	};
}
