/**
 * `version.json`: the release that root itself installed last. Hooks may have given `info.json` to another
 * user, who could write an older version into it to request a release in between, or a newer one to skip
 * stepping stones.
 */
import { type Problem, problem } from '../../../model/base/error.ts';
import { objectFormat } from '../../../model/base/file-format.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type { InfoJson } from '../../../model/release/info.ts';
import { parseVersion, type Version } from '../../../model/release/version.ts';
import { StateFile } from '../../../system/files/state-file.ts';
import { isChangeOpen } from '../journal/change-journal.ts';
import { readInfo } from './read-info.ts';

const MAX_BYTES = 4096;

export type InstalledNow =
	| { readonly kind: 'agreed'; readonly info: InfoJson }
	| { readonly kind: 'differs'; readonly noted: Version; readonly error: Problem };

/**
 * Returns the installed release, on which root's file and `info.json` must agree. Without a file of its own
 * (a box that was never updated, or lost its state) root adopts the version in `info.json`. While a change is
 * open, `info.json` counts alone. Requires the store's lock. Throws `info-missing`, `info-unreadable` and
 * `state-damaged`.
 */
export function installedNow(layout: Layout): InstalledNow {
	const info = readInfo(layout.root, 'the root');
	if (isChangeOpen(layout)) return { kind: 'agreed', info };
	const noted = notedVersion(layout);
	if (noted === undefined) noteVersion(layout, info.version);
	return noted === undefined || noted === info.version
		? { kind: 'agreed', info }
		: { kind: 'differs', noted, error: installedDiffers(info.version, noted) };
}

/** Returns the installed release. Throws `installed-differs`, and what `installedNow` throws. */
export function requireInstalled(layout: Layout): InfoJson {
	const installed = installedNow(layout);
	if (installed.kind === 'differs') throw installed.error;
	return installed.info;
}

function versionFile({ version: path }: Pick<Layout, 'version'>): StateFile<Version> {
	const format = objectFormat(MAX_BYTES, ({ version }) => parseVersion(version));
	return new StateFile(path, format, (version) => ({ version }));
}

/** Returns the version that root installed last, or undefined without a file. Throws `state-damaged`. */
export function notedVersion(layout: Pick<Layout, 'version'>): Version | undefined {
	return versionFile(layout).intactValue(
		'write the installed version into it; or remove it, if you trust the info.json of the root to say which one that is',
	);
}

/** Writes the version that a change installed. Crash: the old file; repeated while the change is open. */
export function noteVersion(layout: Pick<Layout, 'version'>, version: Version): void {
	versionFile(layout).write(version);
}

/** Returns the error for an `info.json` that differs from what root installed. */
export function installedDiffers(says: Version, noted: Version): Problem {
	return problem(
		'installed-differs',
		`cannot tell what is installed: info.json says ${says}, and what was installed here last is ${noted}`,
		`if ${says} was installed or restored by hand, confirm it with \`signalbox resolve --keep\`; else put info.json of ${noted} back, and check who could write it`,
		{ facts: { says, installed: noted } },
	);
}
