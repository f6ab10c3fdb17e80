/** What a release asks of the box that installs it (terms-file.ts reads it from `.release.json`). */
import type { Probe } from '../config/probe.ts';
import type { Version } from './version.ts';

export interface ReleaseTerms {
	/** `after-01`: the machine restarts between the installing hooks and the checking hooks. */
	readonly reboot: 'never' | 'after-01';
	/** Run in addition to the configured probes before this release is committed. */
	readonly probes: readonly Probe[];
	/** A box that has this release never goes below this version. Null: every version is safe. */
	readonly minimumSafeVersion: Version | null;
	/** Number of the data format: a release reads data of this number or a lower one. Null: not declared. */
	readonly dataVersion: number | null;
}

/** The terms of a release without a `.release.json`. */
export const DEFAULT_TERMS: ReleaseTerms = {
	reboot: 'never',
	probes: [],
	minimumSafeVersion: null,
	dataVersion: null,
};
