/** How releases may be verified, as `init` offers it. */
import type { Config } from '../../../model/config/config.ts';

export type TrustMode = Config['trust']['mode'];

/** The trust modes, with what each means, in the order in which they are offered. */
export const TRUST_MODES: Readonly<Record<TrustMode, string>> = {
	tuf: 'releases are signed with TUF: expiry, rotation and thresholds of keys',
	minisign: 'each release is signed with a minisign key',
	ssh: 'each release is signed with an SSH key',
	unsigned: 'releases are not verified: whoever can write to the source can run anything on this box',
};

/** Returns the trust mode that `text` names, or undefined. */
export function parseTrust(text: string): TrustMode | undefined {
	return modes().find((mode) => mode === text);
}

/** Returns the modes in the order in which they are offered. */
export function modes(): TrustMode[] {
	// The table's keys are the modes, and nothing else: its type says so.
	return Object.keys(TRUST_MODES) as TrustMode[];
}
