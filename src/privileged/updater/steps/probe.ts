/** Asks the probes of the configuration whether the box is well with the new release. */
import { requireWell } from '../probes.ts';
import type { StepHandler } from './handler.ts';

export const probe: StepHandler<'probe'> = {
	async do(world) {
		return { probes: await requireWell(world) };
	},
	undo: 'nothing-to-undo',
};
