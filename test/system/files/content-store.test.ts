import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../../src/model/release/manifest.ts';
import { ContentStore, type StoredFile, type Transfer } from '../../../src/system/files/content-store.ts';
import { scratch } from '../../scratch.ts';

const named = (text: string): StoredFile => ({
	sha256: createHash('sha256').update(text).digest('hex') as Sha256,
	size: text.length,
});
const [A, B] = [named('first'), named('second one')] as const;

/** Delivers these texts and counts how often it was called. */
function carrier(...texts: readonly string[]): { readonly transfer: Transfer; readonly asked: string[] } {
	const asked: string[] = [];
	const bytes = new Map(texts.map((text) => [named(text).sha256, text]));
	return {
		asked,
		transfer: async (file, into) => {
			asked.push(file.sha256);
			writeFileSync(into, bytes.get(file.sha256) ?? '');
		},
	};
}

async function textOf(store: ContentStore, file: StoredFile): Promise<string> {
	const pieces: Buffer[] = [];
	for await (const piece of store.read(file)) pieces.push(piece);
	return Buffer.concat(pieces).toString();
}

const home = (dir: string, file: StoredFile) => join(dir, file.sha256.slice(0, 2), file.sha256);

test('reads a settled file and no longer reports it missing', async () => {
	const dir = scratch();
	const store = new ContentStore(dir);
	expect(store.missing([A, B, A])).toEqual([A, B]);
	const { transfer } = carrier('first', 'second one');
	await store.take(A, transfer);
	await store.take(B, transfer);
	expect(store.missing([A, B])).toEqual([A, B]);
	await store.settle();
	expect(store.missing([A, B])).toEqual([]);
	expect(await textOf(store, A)).toBe('first');
	expect(statSync(home(dir, A)).mode & 0o777).toBe(0o600);
});

describe('bytes that do not match their digest', () => {
	test.each<[string, (into: string) => void]>([
		['another text of the same length', (into) => writeFileSync(into, 'FIRST')],
		['one byte more', (into) => writeFileSync(into, 'first!')],
		['one byte less', (into) => writeFileSync(into, 'firs')],
		['nothing', (into) => writeFileSync(into, '')],
		['no file at all', () => undefined],
		['a link to the right bytes', (into) => symlinkSync('/dev/null', into)],
	])('%s', async (_what, download) => {
		const dir = scratch();
		const store = new ContentStore(dir);
		await expect(store.take(A, async (_file, into) => download(into))).rejects.toMatchObject({
			record: { code: 'content-mismatch' },
		});
		await store.settle();
		expect(readdirSync(join(dir, 'incoming'))).toEqual([]);
		expect(store.missing([A])).toEqual([A]);
	});

	test('are reported by their path in the release, if it has one', async () => {
		const store = new ContentStore(scratch());
		const wrong: Transfer = async (_file, into) => writeFileSync(into, 'FIRST');
		const refusal = (file: string) => ({
			record: { message: expect.stringContaining(file), facts: { file, size: 5 } },
		});
		await expect(store.take({ ...A, path: 'bin/tool' }, wrong)).rejects.toMatchObject(refusal('"bin/tool"'));
		await expect(store.take(A, wrong)).rejects.toMatchObject(refusal(`${A.sha256.slice(0, 16)}…`));
	});

	test('damaged later: reported, removed and downloaded again', async () => {
		const dir = scratch();
		const store = new ContentStore(dir);
		await store.take(A, carrier('first').transfer);
		await store.settle();
		writeFileSync(home(dir, A), 'FIRST');
		await expect(textOf(store, A)).rejects.toMatchObject({ record: { code: 'content-changed' } });
		expect(store.missing([A])).toEqual([A]);
	});

	test('truncated later: reported as missing', async () => {
		const dir = scratch();
		const store = new ContentStore(dir);
		await store.take(A, carrier('first').transfer);
		await store.settle();
		truncateSync(home(dir, A), 2);
		expect(store.missing([A])).toEqual([A]);
	});
});

describe('interrupted before settle()', () => {
	test('does not download complete files again', async () => {
		const dir = scratch();
		await new ContentStore(dir).take(A, carrier('first').transfer);
		const again = carrier('first');
		await new ContentStore(dir).take(A, again.transfer);
		expect(again.asked).toEqual([]);
	});

	test('downloads partial files again', async () => {
		const dir = scratch();
		await new ContentStore(dir).take(A, carrier('first').transfer);
		truncateSync(join(dir, 'incoming', A.sha256), 2);
		const again = carrier('first');
		await new ContentStore(dir).take(A, again.transfer);
		expect(again.asked).toEqual([A.sha256]);
	});
});

test('keeps only wanted files, and partial files for a week', async () => {
	const dir = scratch();
	const store = new ContentStore(dir);
	const { transfer } = carrier('first', 'second one', 'third');
	await store.take(A, transfer);
	await store.take(B, transfer);
	await store.settle();
	await store.take(named('third'), transfer);
	expect(store.keepOnly([B], Date.now())).toBe(1);
	expect(readdirSync(join(dir, 'incoming'))).toEqual([named('third').sha256]);
	expect(store.keepOnly([B], Date.now() + 8 * 86_400_000)).toBe(0);
	expect(existsSync(home(dir, A))).toBe(false);
	expect(await textOf(store, B)).toBe('second one');
	expect(readdirSync(join(dir, 'incoming'))).toEqual([]);
});
