/** The steps of the hooks installer: which hook runs between which points. Pure. */
import type { InstallSteps } from '../../../../engine/change/pipeline.ts';
import type { InstallStep } from '../../../../model/change/step-table.ts';
import { type HookName, runsAfterCommit } from '../../../../model/release/hook-name.ts';
import { installStep, type StepTable } from '../installer.ts';

export const HOOK_TABLE = {
	hook: {
		state: 'installing',
		progress: (hook) => 20 + 25 * Math.min(3, numberOf(hook)),
		label: (tag, hook) => `Installing ${tag} (${hook})`,
		// The undo of `backup` restores what hooks did to the root, that of `handover` what they did to the
		// services.
		undone: 'never',
	},
} as const satisfies StepTable;

/**
 * Returns the hooks as steps: 02 verifies, 03 and later finish; 00, 01 and unnumbered hooks
 * (`bootstrap-run.sh`) install.
 */
export function planHooks({ hooks }: { readonly hooks: readonly HookName[] }): InstallSteps {
	const asSteps = (some: readonly HookName[]): InstallStep[] =>
		some.map((hook) => installStep(HOOK_TABLE, 'hook', hook));
	const early = hooks.filter((hook) => !runsAfterCommit(hook));
	return {
		install: asSteps(early.filter((hook) => !verifies(hook))),
		verify: asSteps(early.filter(verifies)),
		finish: asSteps(hooks.filter(runsAfterCommit)),
	};
}

function verifies(hook: HookName): boolean {
	return /^0*2\D/.test(hook);
}

function numberOf(hook: string): number {
	return Number(/^\d+/.exec(hook)?.[0] ?? 0);
}
