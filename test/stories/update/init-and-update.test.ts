/** What `signalbox init` creates in a root does not block a release that does not bring it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';

const WITHOUT_TRIGGERS = { 'events/triggers/reboot': undefined };

test('ignores an empty events/triggers, but refuses to delete an operator trigger', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*', files: WITHOUT_TRIGGERS });
	const triggers = join(box.root, 'events/triggers');
	mkdirSync(triggers, { recursive: true });
	box.publish({ version: '1.1.0', requires: '>=1.0.0', files: WITHOUT_TRIGGERS });
	expect((await box.updater('update')).code).toBe(0);

	mkdirSync(triggers, { recursive: true });
	writeFileSync(join(triggers, 'mine'), '#!/bin/sh\n');
	box.publish({ version: '1.2.0', requires: '>=1.0.0', files: WITHOUT_TRIGGERS });
	expect((await box.updater('update')).code).toBe(3);
	expect(box.change().error).toMatchObject({
		code: 'would-delete',
		facts: { paths: ['events/triggers/mine'] },
	});
	expect(box.change().error?.message).toContain('it would delete 1 path that no release brought');
});

test('refuses an update before any change when the program of a probe is missing', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	box.configure('[[probes]]\nname = "shop"\ncommand = ["no-such-program-anywhere"]');
	box.publish({ version: '1.1.0', requires: '>=1.0.0' });
	expect((await box.updater('update')).code).toBe(3);
	expect(box.change()).toMatchObject({ state: 'failed', error: { code: 'tool-missing' } });
	expect(box.version()).toBe('1.0.0');
});
