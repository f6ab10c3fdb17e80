/** Field types that several tables of the configuration share. */
import * as z from 'zod';
import { parseSize, parseSpan } from '../../base/units.ts';

const SPAN_PATTERN = '^[0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h|d)$';
const SIZE_PATTERN = '^[0-9]{1,9}([.][0-9]{1,3})?(B|KB|MB|GB)$';

/** A limit of 0 would expire at once, and timers cannot hold more than 24 days. */
function isLimit(written: string): boolean {
	const milliseconds = parseSpan(written) ?? 0;
	return milliseconds >= 1 && milliseconds <= 24 * 86_400_000;
}

export function text(max = 4096) {
	return z.string().min(1).max(max);
}

export const span = z
	.string()
	.refine(isLimit, 'is not a duration from 1ms to 24d, such as "30s", "5m" or "4h"')
	.meta({
		description: 'a duration: a number and ms, s, m, h or d',
		examples: ['30s', '4h'],
		pattern: SPAN_PATTERN,
	});

export const size = z
	.string()
	.refine((value) => parseSize(value) !== undefined, 'is not a size such as "64KB" or "16MB"')
	.meta({ description: 'a size: a number and B, KB, MB or GB', examples: ['64KB'], pattern: SIZE_PATTERN });

export const absolutePath = text().refine((value) => value.startsWith('/'), 'is not an absolute path');

export const pathInRoot = text().refine(
	(value) => !value.startsWith('/') && !value.split('/').includes('..'),
	'is not a path inside the root',
);

/** A user's name or uid. */
export const user = z.union([z.int().min(0), text(100)]);

/** The name of a product; it becomes part of a directory name. */
export const productName = text(60).regex(
	/^[a-z0-9][a-z0-9-]*$/,
	'is not a name of lower-case letters, digits and dashes',
);

export const channelName = text(200).regex(
	/^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
	'is not the name of a branch or tag',
);
