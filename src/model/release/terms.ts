/** What a release asks of the box that installs it, as its `.release.json` says (release-terms-file.ts reads it). */
import type { Probe } from '../config/probe.ts';
import type { Version } from './version.ts';

export interface ReleaseTerms {
	/** `after-01`: the machine is restarted between the hooks that install and those that look whether all is well. */
	readonly reboot: 'never' | 'after-01';
	/** Asked beside the probes of the configuration before this release counts. */
	readonly probes: readonly Probe[];
	/** No box that has this release goes back below this version, by itself or by hand. Null: every version is safe. */
	readonly minimumSafeVersion: Version | null;
	/** Counts the formats of the data: a release reads what its own and no greater number wrote. Null: not declared. */
	readonly dataVersion: number | null;
}

/** The terms of a release that declares none. */
export const DEFAULT_TERMS: ReleaseTerms = {
	reboot: 'never',
	probes: [],
	minimumSafeVersion: null,
	dataVersion: null,
};
