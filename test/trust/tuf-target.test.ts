/** The bytes of a target become Verified here, or nowhere. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyTarget } from '../../src/trust/tuf-target.ts';

const bytes = Buffer.from('release');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const sha512 = createHash('sha512').update(bytes).digest('hex');
const path = 'channels/main.json';

test.each<[string, Record<string, string>]>([
	['sha256', { sha256 }],
	['sha512', { sha512 }],
	['both', { sha256, sha512 }],
	['one beside a weak one, which does not count', { sha256, md5: 'wrong' }],
])('%s: what was signed is verified', (_, hashes) => {
	expect(verifyTarget({ path, length: bytes.length, hashes }, bytes)).toBe(bytes);
});

test.each<[string, number, Record<string, string>, string]>([
	['shorter', 8, { sha256 }, 'length'],
	['longer', 6, { sha256 }, 'length'],
	['another digest', 7, { sha256: '0'.repeat(64) }, 'sha256'],
	['one of two digests is another', 7, { sha256, sha512: '0'.repeat(128) }, 'sha512'],
	['no digest', 7, {}, 'digest'],
	['md5 alone', 7, { md5: createHash('md5').update(bytes).digest('hex') }, 'digest'],
])('%s: refused', (_, length, hashes, what) => {
	expect(() => verifyTarget({ path, length, hashes }, bytes)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({
				code: 'metadata-mismatch',
				facts: expect.objectContaining({ file: path, what }),
			}),
		}),
	);
});
