/** What each step leaves in the journal. The facts of each step are in step-table.ts. */
import type { Brand } from '../base/brand.ts';
import type { ReleaseTerms } from '../release/terms.ts';
import type { SpaceParts } from './space.ts';

/**
 * What `do` of each shared step leaves in the journal for its `undo`, for later steps and for the operator.
 */
export interface StepRecords {
	/** Room counted and found; nothing of an older update in the way. Bytes. */
	readonly reserve: { readonly need: number; readonly free: number; readonly parts: SpaceParts };
	/** The release's objects lie in the store. */
	readonly fetch: { readonly commit: string };
	/**
	 * The release lies beside the installed one; `digest` is the sha256 of its manifest. `inode` finds the
	 * directory again: real hooks rename it.
	 */
	readonly stage: {
		readonly dir: string;
		readonly inode: string;
		readonly files: number;
		readonly bytes: number;
		readonly digest: string;
	};
	/**
	 * The staged release may be installed here. `terms`: what its verified tree asks of the box. The installer
	 * adds what it plans its steps from.
	 */
	readonly inspect: { readonly deletes: number; readonly terms: ReleaseTerms };
	/**
	 * From here on the release's hooks own the services. Its undo takes them back: it restarts the old release.
	 * `unit`: the service of systemd that karen ran in; null: none.
	 */
	readonly handover: {
		readonly karen: 'ran' | 'was-down';
		readonly unit: string | null;
		readonly doors: readonly Door[];
	};
	/** Point R: what the release may touch is kept, and on disk. Its undo brings it back. */
	readonly backup: { readonly dir: string; readonly bytes: number };
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

/**
 * A directory or file through which root and the manager talk, with the owner and mode it had before the
 * hooks ran.
 */
export interface Door {
	readonly path: string;
	readonly uid: number;
	readonly gid: number;
	readonly mode: number;
}

/** The steps that every installer shares. */
export type StepKind = keyof StepRecords;

/** Names a step within its change: `fetch`, or an installer's action with its subject, `hook:01-run.sh`. */
export type StepId = Brand<string, 'StepId'>;
