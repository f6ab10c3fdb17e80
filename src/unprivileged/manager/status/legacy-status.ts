/** update-status.json as dashboards of older systems get it (Citadel contract §2.4 and §6). */

import type { JsonObject } from '../../../model/base/json.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { ReadStatus } from '../../../model/status/status.ts';

/**
 * Returns the status with two corrections. `progress` is never missing and never 0, because dashboards drop
 * such an answer. While root reports a change in progress, an end that a hook wrote early (Umbrel 0.5.4 at 90
 * %, Citadel before its last hook) is shown as `installing`, or dashboards would reload into a machine that
 * still changes.
 */
export function legacyStatus(status: ReadStatus, change: ChangeStatus | undefined): JsonObject {
	if (change === undefined)
		return { ...status.raw, progress: status.progress || (status.state === 'installing' ? 1 : 100) };
	return {
		...status.raw,
		state: 'installing',
		progress: progressUnderWay(status.progress, change.progress),
		description: status.description || change.description,
	};
}

/** 100 % is wrong while the change is in progress; root's own figure is shown instead. */
function progressUnderWay(shown: number | undefined, own: number): number {
	const progress = shown === undefined || shown < 1 || shown >= 100 ? own : shown;
	return Math.min(99, Math.max(1, progress));
}
