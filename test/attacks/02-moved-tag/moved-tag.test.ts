/** Threat 2: the account at the git host is the attacker's, who moves the tag of a release that is signed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { citadelRelease } from '../../box/releases/citadel.ts';
import { makePublisher, pinAuthor } from '../../box/sources/publisher.ts';
import { scratch } from '../../scratch.ts';

test('a tag that was moved to other hooks is refused, and installed when it is back', async () => {
	const author = await makePublisher(join(scratch(), 'author'));
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const ran = join(box.dir, 'ran');
	// Both hooks have the same length, so that their sizes do not tell them apart.
	const [nothing, evil] = [`true  ${ran}`, `touch ${ran}`];
	const good = { version: '1.1.0', requires: '>=1.0.0', does: { '00': nothing, '03': nothing } };
	await author.publish({ version: '1.0.0', requires: '*' });
	await author.publish(good);
	box.publish(good);
	await author.release(
		'refresh',
		'--key',
		'keys/online.pem',
		'--git',
		'signalbox',
		'--git-repository',
		box.source.dir,
	);
	pinAuthor(box, author);

	const genuine = box.source.git('rev-parse', 'v1.1.0^{commit}').trim();
	for (const hook of ['00', '03']) {
		box.source.publish({
			tags: ['v1.1.0'],
			files: citadelRelease({ ...good, does: { ...good.does, [hook]: evil } }),
		});
		const before = box.fingerprint();
		expectNothingChanged(box, before, await box.updater('update'), { code: 'content-mismatch', exit: 3 });
		expect(existsSync(ran)).toBe(false);
	}
	box.source.git('tag', '--force', 'v1.1.0', genuine);
	expect((await box.updater('update', '{"retry": true}')).code).toBe(0);
	expect({ version: box.version(), trust: box.change().trust }).toEqual({ version: '1.1.0', trust: 'tuf' });
});
