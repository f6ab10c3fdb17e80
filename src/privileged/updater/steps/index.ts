/** The table of steps: a kind without a handler does not compile. */

import type { JsonObject } from '../../../model/base/json.ts';
import type { Step, StepKind } from '../../../model/change/step.ts';
import { hook } from '../installers/hooks/hook.ts';
import { switchOver } from '../installers/hooks/switch.ts';
import type { ChangeWorld } from '../world.ts';
import { backup } from './backup.ts';
import { clean } from './clean.ts';
import { commit } from './commit.ts';
import { fetch } from './fetch.ts';
import type { StepHandler } from './handler.ts';
import { handover } from './handover.ts';
import { inspect } from './inspect.ts';
import { probe } from './probe.ts';
import { reboot } from './reboot.ts';
import { reserve } from './reserve.ts';
import { restart } from './restart.ts';
import { restore } from './restore.ts';
import { stage } from './stage.ts';

const HANDLERS: { readonly [K in StepKind]: StepHandler<K> } = {
	reserve,
	fetch,
	stage,
	inspect,
	handover,
	backup,
	hook,
	restore,
	restart,
	switch: switchOver,
	reboot,
	probe,
	commit,
	clean,
};

/** Does a step and returns what the journal keeps of it. */
export async function doStep(world: ChangeWorld, step: Step): Promise<JsonObject> {
	// Each handler takes the step of its own kind: the table says so, which TypeScript cannot follow through an index.
	const handler = HANDLERS[step.kind] as StepHandler<StepKind>;
	return (await handler.do(world, step as never)) as unknown as JsonObject;
}

/** Undoes a step. */
export async function undoStep(world: ChangeWorld, step: Step): Promise<void> {
	const { undo } = HANDLERS[step.kind];
	if (undo !== 'nothing-to-undo') await undo(world);
}
