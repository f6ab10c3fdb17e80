/** Steps: what a change is made of. One row a kind: a new row makes the compiler ask for its record and its handler. */
import type { Brand } from '../base/brand.ts';
import type { ReleaseTerms } from '../release/terms.ts';
import type { SpaceParts } from './space.ts';

/** The file name of a hook, `NN-run.sh`. */
export type HookName = Brand<string, 'HookName'>;

const HOOK = /^[A-Za-z0-9][A-Za-z0-9._-]{0,60}-run\.sh$/;

/** Returns the hook's name that `text` spells, or undefined. Older releases have one `bootstrap-run.sh`. */
export function parseHookName(text: string): HookName | undefined {
	return HOOK.test(text) ? (text as HookName) : undefined;
}

/** Hooks from 03 on run after the commit: what they do is never undone, and so they never undo. */
export function runsAfterCommit(hook: HookName): boolean {
	const number = /^(\d+)/.exec(hook)?.[1];
	return number !== undefined && Number(number) >= 3;
}

/** What `do` of each kind leaves in the journal for those who come after it: `undo`, later steps, the operator. */
export interface StepRecords {
	/** Room counted and found; nothing of an older update in the way. Bytes. */
	readonly reserve: { readonly need: number; readonly free: number; readonly parts: SpaceParts };
	/** The release's objects lie in the store. */
	readonly fetch: { readonly commit: string };
	/**
	 * The release lies beside the installed one; `digest` is the sha256 of its manifest. `inode` finds the directory
	 * again: real hooks rename it.
	 */
	readonly stage: {
		readonly dir: string;
		readonly inode: string;
		readonly files: number;
		readonly bytes: number;
		readonly digest: string;
	};
	/** The staged release may be installed here. `terms`: what it asks of the box, as its verified tree says. */
	readonly inspect: {
		readonly hooks: readonly HookName[];
		readonly deletes: number;
		readonly terms: ReleaseTerms;
	};
	/**
	 * From here on the release's hooks own the services. Its undo takes them back: it restarts the old release. `unit`: the service of systemd
	 * that karen ran in; null: none.
	 */
	readonly handover: {
		readonly karen: 'ran' | 'was-down';
		readonly unit: string | null;
		readonly doors: readonly Door[];
	};
	/** Point R: what the release may touch is kept, and on disk. Its undo brings it back. */
	readonly backup: { readonly dir: string; readonly bytes: number };
	/** One hook of the release ended with 0. */
	readonly hook: { readonly seconds: number };
	/** By hand: an older backup was put back over the installed release. */
	readonly restore: { readonly of: string };
	/** By hand: the release that was put back was started. */
	readonly restart: Record<string, never>;
	/** Point S: the root says that it is the new release. */
	readonly switch: { readonly version: string };
	/** The machine was asked to go down. No journal holds it as done: another boot tells that it was. */
	readonly reboot: Record<string, never>;
	/** The probes found the box well. */
	readonly probe: { readonly probes: number };
	/** Point C: the new release counts as installed. No way back from here but one by hand. */
	readonly commit: Record<string, never>;
	/** Staging gone, old backups gone. */
	readonly clean: { readonly removed: number };
}

/** A directory or file through which root and the manager talk, with the owner and mode it had before the hooks ran. */
export interface Door {
	readonly path: string;
	readonly uid: number;
	readonly gid: number;
	readonly mode: number;
}

export type StepKind = keyof StepRecords;

export type Step =
	| { readonly kind: 'hook'; readonly hook: HookName }
	| { readonly kind: Exclude<StepKind, 'hook'> };

/** Names a step within its change: the kind, and for hooks the file: `fetch`, `hook:01-run.sh`. */
export type StepId = Brand<string, 'StepId'>;

export function stepId(step: Step): StepId {
	return (step.kind === 'hook' ? `hook:${step.hook}` : step.kind) as StepId;
}
