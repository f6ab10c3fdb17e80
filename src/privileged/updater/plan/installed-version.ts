/**
 * `version.json`: which release root itself put into the root last. `info.json` says it to dashboards, and hooks may have given that
 * away: whoever owns it could write an older version there and ask for a release in between, or a newer one and have stepping stones left out.
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
 * Returns what is installed, as root and `info.json` say alike; the caller holds the lock of the store. Where root has no word of its own (a
 * box that was never updated, a state that was lost) it takes that of `info.json` for its own from now on. While a change is open its end decides.
 * Throws `info-missing`, `info-unreadable`, and `state-damaged`: what cannot be read is no leave.
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

/** Returns what is installed. Throws `installed-differs`, and what `installedNow` throws. */
export function requireInstalled(layout: Layout): InfoJson {
	const installed = installedNow(layout);
	if (installed.kind === 'differs') throw installed.error;
	return installed.info;
}

function versionFile({ version: path }: Pick<Layout, 'version'>): StateFile<Version> {
	const format = objectFormat(MAX_BYTES, ({ version }) => parseVersion(version));
	return new StateFile(path, format, (version) => ({ version }));
}

/** Returns what root put into the root last, or undefined where it has no record. Throws `state-damaged`. */
export function notedVersion(layout: Pick<Layout, 'version'>): Version | undefined {
	return versionFile(layout).intactValue(
		'write the installed version into it; or remove it, if you trust the info.json of the root to say which one that is',
	);
}

/** Records what a committed change has installed. Crash: the record of before; it is repeated while the change is open. */
export function noteVersion(layout: Pick<Layout, 'version'>, version: Version): void {
	versionFile(layout).write(version);
}

/** Returns the error of a root that does not say what root's own record says. */
export function installedDiffers(says: Version, noted: Version): Problem {
	return problem(
		'installed-differs',
		`cannot tell what is installed: info.json says ${says}, and what was installed here last is ${noted}`,
		`if somebody installed or restored ${says} by hand, say so with \`signalbox resolve --keep\`; else put info.json of ${noted} back, and look who could write it`,
		{ facts: { says, installed: noted } },
	);
}
