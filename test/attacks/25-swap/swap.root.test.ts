/**
 * Threat 25: the stick belongs to the attacker, who exchanges a file on it while root takes it, and after.
 */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { contentPath } from '../../../src/model/publication/repository.ts';
import type { Sha256 } from '../../../src/model/release/manifest.ts';
import { transferFrom } from '../../../src/sources/directory/directory.ts';
import { ContentStore } from '../../../src/system/files/content-store.ts';
import { scratch } from '../../scratch.ts';
import { MANAGER, MANAGERS_GROUP, startRacer } from '../second-user.ts';

const SIZE = 64 * 1024;
const ROUNDS = 3000;
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;

test('root takes signed contents only, or nothing', { timeout: 120_000 }, async () => {
	const dir = scratch();
	chmodSync(dir, 0o711);
	const good = Buffer.alloc(SIZE, 'g');
	const file = { sha256: digestOf(good), size: SIZE };
	const stick = join(dir, 'stick');
	const path = join(stick, contentPath(file.sha256));
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, good);
	for (const own of [stick, join(stick, 'files'), dirname(path), path])
		chownSync(own, MANAGER, MANAGERS_GROUP);
	writeFileSync(join(dir, 'secret'), Buffer.alloc(SIZE, 's'), { mode: 0o600 });

	const racer = startRacer(
		dirname(path),
		`const [good, evil] = ['g', 'e'].map((letter) => Buffer.alloc(${SIZE}, letter));
		fs.writeFileSync('${file.sha256}', evil); fs.writeFileSync('${file.sha256}', good);
		fs.symlinkSync('${dir}/secret', '.l'); fs.renameSync('.l', '${file.sha256}');
		fs.writeFileSync('.g', good); fs.renameSync('.g', '${file.sha256}');`,
	);
	await racer.running;
	const store = new ContentStore(join(dir, 'store'));
	const incoming = join(dir, 'store/incoming', file.sha256);
	const seen = { taken: 0, wrong: 0, refused: 0 };
	for (let round = 0; round < ROUNDS; round += 1) {
		try {
			await store.take(file, transferFrom(stick));
			// The attacker goes on meanwhile; what was taken is root's own by now.
			await new Promise((resolve) => setImmediate(resolve));
			seen[digestOf(readFileSync(incoming)) === file.sha256 ? 'taken' : 'wrong'] += 1;
		} catch (thrown) {
			expect(thrown).toMatchObject({
				record: { code: expect.stringMatching(/^(content-mismatch|source-refused)$/) },
			});
			seen.refused += 1;
		}
		rmSync(incoming, { force: true });
	}
	expect(await racer.end()).toBeGreaterThan(100);
	expect(seen.wrong).toBe(0);
	expect(seen.taken, 'it was met whole').toBeGreaterThan(0);
	expect(seen.refused, 'it was met in the middle').toBeGreaterThan(0);
});
