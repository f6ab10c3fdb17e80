/**
 * The contract of an installer: how a release becomes the running one. An installer is a table of its own
 * steps, a pure plan of their order, and their handlers. Journal, backup, probes, status, rollback and the
 * points R, S and C are shared.
 */
import type { InstallSteps, PlanInstall } from '../../../engine/change/pipeline.ts';
import type { JsonObject } from '../../../model/base/json.ts';
import type { StepKind, StepRecords } from '../../../model/change/step.ts';
import type { InstallStep, StepRow } from '../../../model/change/step-table.ts';
import type { Handler } from '../step-handler.ts';
import type { ChangeWorld } from '../world.ts';

/**
 * A row for each action of the installer. Step ids share one namespace, so that no action may be named like a
 * shared step.
 */
export type StepTable = Readonly<Record<string, StepRow>> & { readonly [K in StepKind]?: never };

/** What an installer gives. `Noted` is what `inspect` leaves in the journal for `plan`. */
export interface InstallerParts<Table extends StepTable, Noted extends JsonObject> {
	readonly table: Table;
	/** Refuses a staged release that cannot be installed here, before anything is changed. */
	readonly inspect: (world: ChangeWorld, staged: string) => Noted;
	/** Returns the steps. Pure: a change that is resumed must get the same ones. */
	readonly plan: (inspected: StepRecords['inspect'] & Noted) => InstallSteps;
	readonly handlers: {
		readonly [Action in keyof Table]: Handler<Table[Action]['undone'], InstallStep, JsonObject>;
	};
}

/** An installer as the updater uses it. */
export interface Installer {
	readonly inspect: (world: ChangeWorld, staged: string) => JsonObject;
	readonly plan: PlanInstall;
	readonly handlers: Readonly<Record<string, InstallHandler>>;
}

export type InstallHandler = Handler<'always' | 'never', InstallStep, JsonObject>;

/**
 * Returns the installer that these parts make; parts whose handlers do not match the table do not compile.
 */
export function makeInstaller<const Table extends StepTable, Noted extends JsonObject>({
	inspect,
	plan,
	handlers,
}: InstallerParts<Table, Noted>): Installer {
	// The journal gives `plan` what this installer's `inspect` left in it: the line's checksum held.
	return { inspect, plan: plan as PlanInstall, handlers: handlers as Installer['handlers'] };
}

/** Returns a step of an installer. `subject` tells repetitions of one action apart. */
export function installStep<Action extends string>(
	table: Readonly<Record<Action, StepRow>>,
	action: Action,
	subject = '',
): InstallStep {
	return { kind: 'install', action, subject, row: table[action] };
}
