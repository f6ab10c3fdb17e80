/** Durations and sizes as people write them: `90s`, `1h`, `64KB`. */

const SPANS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Returns the duration in `text` (`250ms`, `30s`, `5m`, `4h`, `14d`) in milliseconds, or undefined. */
export function parseSpan(text: string): number | undefined {
	return scaled(text, /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/, SPANS);
}

/** Returns a text that `parseSpan` reads as these milliseconds: `2m` for 120,000, `0.25s` for 250. */
export function writeSpan(milliseconds: number): string {
	const unit =
		['d', 'h', 'm'].find((name) => milliseconds > 0 && milliseconds % (SPANS[name] ?? 1) === 0) ?? 's';
	return `${milliseconds / (SPANS[unit] ?? 1)}${unit}`;
}

/** Returns the size in `text` (`64KB`, `1MB`; 1 KB is 1,024 bytes) in bytes, or undefined. */
export function parseSize(text: string): number | undefined {
	return scaled(text, /^(\d{1,9}(?:\.\d{1,3})?)(B|KB|MB|GB)$/, SIZES);
}

function scaled(
	text: string,
	grammar: RegExp,
	factors: Readonly<Record<string, number>>,
): number | undefined {
	const [, number, unit] = grammar.exec(text) ?? [];
	return number === undefined || unit === undefined
		? undefined
		: Math.round(Number(number) * (factors[unit] ?? 1));
}

/** Returns a duration for display: `1.2 s`, `3 min`, `2.5 h`. */
export function formatSpan(milliseconds: number): string {
	if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
	if (milliseconds < 120_000) return `${(milliseconds / 1000).toFixed(1)} s`;
	if (milliseconds < 7_200_000) return `${Math.round(milliseconds / 60_000)} min`;
	return `${(milliseconds / 3_600_000).toFixed(1)} h`;
}

/** Returns a size for display: `12 B`, `1.4 MB`. */
export function formatSize(bytes: number): string {
	const unit = ['B', 'KB', 'MB', 'GB'].findLast((name) => bytes >= (SIZES[name] ?? 1)) ?? 'B';
	return unit === 'B' ? `${bytes} B` : `${(bytes / (SIZES[unit] ?? 1)).toFixed(1)} ${unit}`;
}
