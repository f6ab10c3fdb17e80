/** Quantiles of a few numbers. */

/**
 * Returns the quantile `share` (0.5: the median) of the numbers, between two neighbours by the straight line
 * (the definition that R calls type 7). NaN for no numbers, and where one of them is NaN: a failed
 * measurement never hides.
 */
export function quantile(numbers: readonly number[], share: number): number {
	if (numbers.some(Number.isNaN)) return Number.NaN;
	const sorted = [...numbers].sort((a, b) => a - b);
	const place = (sorted.length - 1) * share;
	const below = sorted[Math.floor(place)] ?? Number.NaN;
	const above = sorted[Math.ceil(place)] ?? Number.NaN;
	return below + (above - below) * (place - Math.floor(place));
}

export function median(numbers: readonly number[]): number {
	return quantile(numbers, 0.5);
}
