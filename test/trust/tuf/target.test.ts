/** Target bytes become Verified only if they match the signed length and digests. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyTarget } from '../../../src/trust/tuf/target.ts';

const bytes = Buffer.from('release');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const sha512 = createHash('sha512').update(bytes).digest('hex');
const path = 'channels/main.json';

test.each<[string, Record<string, string>]>([
	['sha256', { sha256 }],
	['sha512', { sha512 }],
	['both', { sha256, sha512 }],
	['sha256, ignoring a weak digest beside it', { sha256, md5: 'wrong' }],
])('verifies the signed bytes by %s', (_, hashes) => {
	expect(verifyTarget({ path, length: bytes.length, hashes }, bytes)).toBe(bytes);
});

test.each<[string, number, Record<string, string>, string]>([
	['shorter bytes', 8, { sha256 }, 'length'],
	['longer bytes', 6, { sha256 }, 'length'],
	['a wrong digest', 7, { sha256: '0'.repeat(64) }, 'sha256'],
	['one wrong digest of two', 7, { sha256, sha512: '0'.repeat(128) }, 'sha512'],
	['no digest', 7, {}, 'digest'],
	['md5 alone', 7, { md5: createHash('md5').update(bytes).digest('hex') }, 'digest'],
])('rejects %s', (_, length, hashes, what) => {
	expect(() => verifyTarget({ path, length, hashes }, bytes)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({
				code: 'metadata-mismatch',
				facts: expect.objectContaining({ file: path, what }),
			}),
		}),
	);
});
