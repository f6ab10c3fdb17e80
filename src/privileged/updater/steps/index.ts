/** Carries out the steps of a change: the shared ones by the table below, the others by the installer. */
import { problem } from '../../../model/base/error.ts';
import type { JsonObject } from '../../../model/base/json.ts';
import type { StepKind } from '../../../model/change/step.ts';
import { type Step, stepId } from '../../../model/change/step-table.ts';
import type { Installer } from '../installers/installer.ts';
import type { Handler, StepHandler } from '../step-handler.ts';
import type { ChangeWorld } from '../world.ts';
import { backup } from './backup.ts';
import { clean } from './clean.ts';
import { commit } from './commit.ts';
import { fetch } from './fetch.ts';
import { handover } from './handover.ts';
import { inspectFor } from './inspect.ts';
import { probe } from './probe.ts';
import { reboot } from './reboot.ts';
import { reserve } from './reserve.ts';
import { restart } from './restart.ts';
import { restore } from './restore.ts';
import { stage } from './stage.ts';
import { switchOver } from './switch.ts';

export interface Steps {
	/** Does a step and returns what the journal keeps of it. */
	do(world: ChangeWorld, step: Step): Promise<JsonObject>;
	undo(world: ChangeWorld, step: Step): Promise<void>;
}

/**
 * Returns the steps of changes that this installer carries out. A shared step without a handler does not
 * compile.
 */
export function stepsOf(installer: Installer): Steps {
	const shared: { readonly [K in StepKind]: StepHandler<K> } = {
		reserve,
		fetch,
		stage,
		inspect: inspectFor(installer),
		handover,
		backup,
		restore,
		restart,
		switch: switchOver,
		reboot,
		probe,
		commit,
		clean,
	};
	const handlerOf = (step: Step): AnyHandler => {
		// Each handler takes the steps of its own kind: the tables say so, which TypeScript cannot follow through
		// an index.
		const handler = step.kind === 'install' ? installer.handlers[step.action] : shared[step.kind];
		if (handler === undefined) throw unknownStep(step);
		return handler as AnyHandler;
	};
	return {
		do: (world, step) => handlerOf(step).do(world, step),
		async undo(world, step) {
			const { undo } = handlerOf(step);
			if (undo === undefined) throw unknownStep(step);
			await undo(world, step);
		},
	};
}

type AnyHandler = Handler<'never', Step, JsonObject> | Handler<'always', Step, JsonObject>;

function unknownStep(step: Step): Error {
	return problem(
		'internal',
		`cannot carry out the step ${stepId(step)}: its installer has no handler for it`,
		'this is a defect of Signalbox: please report it with the journal',
	);
}
