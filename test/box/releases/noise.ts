/** Text that does not pack well, the same for the same seed. */
import { createHash } from 'node:crypto';

/** Returns `length` characters of letters and digits. */
export function noise(length: number, seed: number): string {
	const pieces: string[] = [];
	for (let index = 0, left = length; left > 0; index += 1, left -= 64)
		pieces.push(
			createHash('sha512').update(`${seed}/${index}`).digest('base64').slice(0, Math.min(left, 64)),
		);
	return pieces.join('');
}
