/** The ways to verify releases that `init` offers. */
import type { Config } from '../../../model/config/config.ts';

export type TrustMode = Config['trust']['mode'];

/** The trust modes with a description, in the order of the offer. */
export const TRUST_MODES: Readonly<Record<TrustMode, string>> = {
	tuf: 'releases are signed with TUF: expiry, rotation and thresholds of keys',
	minisign: 'each release is signed with a minisign key',
	ssh: 'each release is signed with an SSH key',
	unsigned: 'releases are not verified: anyone who can write to the source can run any program on this box',
};

/** Returns the trust mode that `text` names, or undefined. */
export function parseTrust(text: string): TrustMode | undefined {
	return modes().find((mode) => mode === text);
}

/** Returns the modes in the order of the offer. */
export function modes(): TrustMode[] {
	// The type of the table guarantees that its keys are the modes.
	return Object.keys(TRUST_MODES) as TrustMode[];
}
