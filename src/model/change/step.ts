/** What each step leaves in the journal. The facts of each step are in step-table.ts. */
import type { Brand } from '../base/brand.ts';
import type { ReleaseTerms } from '../release/terms.ts';
import type { SpaceParts } from './space.ts';

/**
 * What `do` of each shared step leaves in the journal for its `undo`, for later steps and for the operator.
 */
export interface StepRecords {
	/** The disk space suffices, and no leftovers of an older update are in the way. Bytes. */
	readonly reserve: { readonly need: number; readonly free: number; readonly parts: SpaceParts };
	/** The release's objects are in the store. */
	readonly fetch: { readonly commit: string };
	/**
	 * The release is staged beside the installed one; `digest` is the sha256 of its manifest. `inode` finds the
	 * directory after hooks renamed it.
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
	 * From here on the release controls the services; the undo restarts the old release. `unit`: karen's
	 * systemd service, or null. `doors`: the shared paths.
	 */
	readonly handover: {
		readonly karen: 'ran' | 'was-down';
		readonly unit: string | null;
		readonly doors: readonly SharedPath[];
	};
	/** Point R: a backup of what the release may touch is on disk. The undo restores it. */
	readonly backup: { readonly dir: string; readonly bytes: number };
	/** Rollback by hand: an older backup was restored over the installed release. */
	readonly restore: { readonly of: string };
	/** Rollback by hand: the restored release was started. */
	readonly restart: Record<string, never>;
	/** Point S: the root's info.json names the new release. */
	readonly switch: { readonly version: string };
	/** A reboot was requested. The journal never records it as done: a new boot id shows that it was. */
	readonly reboot: Record<string, never>;
	/** The health checks passed. */
	readonly probe: { readonly probes: number };
	/** Point C: the new release is installed. From here on only a rollback by hand goes back. */
	readonly commit: Record<string, never>;
	/** Staging and old backups were removed. */
	readonly clean: { readonly removed: number };
}

/**
 * A directory or file that root and the manager share, with its owner and mode from before the hooks ran.
 */
export interface SharedPath {
	readonly path: string;
	readonly uid: number;
	readonly gid: number;
	readonly mode: number;
}

/** The steps that every installer shares. */
export type StepKind = keyof StepRecords;

/** Names a step within its change: `fetch`, or an installer's action with its subject, `hook:01-run.sh`. */
export type StepId = Brand<string, 'StepId'>;
