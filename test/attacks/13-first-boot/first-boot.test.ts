/** Threat 13: at the first boot the clock says 1970, when nothing that was ever signed has expired. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { startAt } from '../../box/cuts/wrong-clock.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { makePublisher, pinAuthor } from '../../box/sources/publisher.ts';
import { builtProgram } from '../../programs.ts';
import { scratch } from '../../scratch.ts';

const UPDATE = [builtProgram('updater'), 'update'];

test('verifies nothing with an unset clock, and nothing expired with a set one', {
	timeout: 120_000,
}, async () => {
	const author = await makePublisher(join(scratch(), 'author'));
	await author.publish({ version: '1.1.0', requires: '*' });
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	pinAuthor(box, author);
	box.sourceIs({ kind: 'directory', url: author.published });
	for (const [time, code, exit] of [
		['@1970-01-01 00:00:10', 'clock-not-set', 1],
		['@2026-10-30 00:00:00', 'clock-not-set', 1],
		['+3000d', 'metadata-expired', 3],
	] as const) {
		const before = box.fingerprint();
		expectNothingChanged(box, before, await startAt(box, time, ...UPDATE).ended, { code, exit });
	}
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
});
