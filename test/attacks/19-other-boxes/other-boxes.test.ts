/** Threat 19: a release that its publisher signed well, and meant for other boxes, is offered to this one. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { makePublisher, pinAuthor } from '../../box/sources/publisher.ts';
import { scratch } from '../../scratch.ts';

test('refuses releases for other machines, channels and products, and takes the next suitable one', {
	timeout: 120_000,
}, async () => {
	const author = await makePublisher(join(scratch(), 'author'));
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	await author.publish({ version: '1.0.0', requires: '*' });
	pinAuthor(box, author);
	box.sourceIs({ kind: 'directory', url: author.published });
	const release = (version: string) => ({ version, requires: '>=1.0.0' });
	const refusals = [
		['release-for-others', '--hardware', 'pi5'],
		['release-for-others', '--for-channel', 'beta'],
		['manifest-mismatch', '--product', 'umbrel'],
	] as const;
	for (const [index, [code, ...words]] of refusals.entries()) {
		await author.publish(release(`1.${index + 1}.0`), ...words);
		const before = box.fingerprint();
		expectNothingChanged(box, before, await box.updater('update', `{"updateTo": "v1.${index + 1}.0"}`), {
			code,
			exit: 3,
		});
	}
	await author.publish(release('1.9.0'));
	expect((await box.updater('update', 'v1.9.0')).code).toBe(0);
	expect(box.version()).toBe('1.9.0');
});
