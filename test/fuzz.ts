/** How much is tried at random: always the same, and so many times more where somebody asks for it. */

const SEED = 20_261_121;

/**
 * Returns the parameters of a property. `SIGNALBOX_FUZZ=N` makes N times as many rounds, of which the usual
 * ones are the first.
 */
export function rounds(numRuns: number): { readonly seed: number; readonly numRuns: number } {
	const times = Number(process.env['SIGNALBOX_FUZZ'] ?? 1);
	if (!Number.isSafeInteger(times) || times < 1) throw new Error('SIGNALBOX_FUZZ is a whole number above 0');
	return { seed: SEED, numRuns: numRuns * times };
}

/** Returns the limit in milliseconds of a test that takes at most this long with the usual rounds. */
export function patience(milliseconds: number): number {
	return milliseconds * rounds(1).numRuns;
}
