/**
 * Versions and ranges: SemVer 2.0.0 and the range grammar of npm's `semver`. Every program loads this file at
 * start, so it imports only the parts of `semver` that it needs.
 */
import compare from 'semver/functions/compare.js';
import gt from 'semver/functions/gt.js';
import prerelease from 'semver/functions/prerelease.js';
import allows from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import minVersion from 'semver/ranges/min-version.js';
import validRange from 'semver/ranges/valid.js';
import type { Brand } from '../base/brand.ts';

/** A SemVer 2.0.0 version in its normal form, without a leading `v`. */
export type Version = Brand<string, 'Version'>;

/** A range as written in `requires`: `>=1.2.2`, `=0.2.0`, `*`. */
export type VersionRange = Brand<string, 'VersionRange'>;

/** Whether prereleases satisfy a range that does not name them; existing managers disagree on this. */
export type PrereleaseRule = 'include-prereleases' | 'exclude-prereleases';

/** Returns `text` as a version, or undefined. A leading `v` is accepted and dropped. */
export function parseVersion(text: unknown): Version | undefined {
	if (typeof text !== 'string' || text.length > 100) return undefined;
	return (valid(text) ?? undefined) as Version | undefined;
}

/** Returns `text` as a range, or undefined. As in npm, an empty string allows every version. */
export function parseRange(text: unknown): VersionRange | undefined {
	if (typeof text !== 'string' || text.length > 256) return undefined;
	return validRange(text) === null ? undefined : (text as VersionRange);
}

/** Orders two versions: negative if `a` is older. Build metadata is ignored. */
export function compareVersions(a: Version, b: Version): number {
	return compare(a, b);
}

export function isNewer(a: Version, than: Version): boolean {
	return gt(a, than);
}

export function satisfies(version: Version, range: VersionRange, rule: PrereleaseRule): boolean {
	return allows(version, range, { includePrerelease: rule === 'include-prereleases' });
}

/** Returns the lowest version that `range` allows. */
export function lowestOf(range: VersionRange): Version | undefined {
	return (minVersion(range)?.version ?? undefined) as Version | undefined;
}

export function isPrerelease(version: Version): boolean {
	return prerelease(version) !== null;
}
