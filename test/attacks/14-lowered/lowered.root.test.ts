/**
 * Threat 14: hooks gave the root away, and who owns info.json now says in it what suits him, then rings for a
 * release that is old and still listed.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { infoJson } from '../../box/releases/citadel.ts';
import { ringForUpdate, startKaren } from '../karen.ts';
import { asManager, MANAGER } from '../second-user.ts';

test('an info.json of another user leads root neither to a downgrade nor past a stepping stone', {
	timeout: 120_000,
}, async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const gives = { started: `chown -R ${MANAGER} "$ROOT"` };
	box.publish({ version: '1.1.0', requires: '*' });
	box.publish({ version: '1.2.0', requires: '*', does: gives });
	expect((await box.updater('update', 'v1.2.0')).code).toBe(0);
	box.publish({ version: '1.3.0', requires: '>=1.2.0' });
	box.publish({ version: '2.0.0', requires: '>=1.3.0' });
	await startKaren(box);
	// What 1.1.0 would refuse to delete, and what root would refuse to run.
	asManager(`rm ${box.root}/settings.generated ${box.root}/scripts/update/rollback.sh`);
	for (const [says, updateTo, code] of [
		['1.0.0', 'v1.1.0', 'installed-differs'],
		['1.2.0-0', 'v1.1.0', 'installed-differs'],
		// What only 1.3.0 makes ready for.
		['1.3.0', 'v2.0.0', 'installed-differs'],
		['1.2.0', 'v1.1.0', 'wish-not-newer'],
	] as const) {
		asManager(`cat > ${box.layout.info}`, infoJson(says, '*'));
		const before = box.fingerprint();
		const { exitCode, output } = await ringForUpdate(box, updateTo);
		rmSync(join(box.layout.signals, 'update'));
		expectNothingChanged(box, before, { code: exitCode, stdout: '', stderr: output }, { code, exit: 3 });
		expect(box.version()).toBe(says);
	}
	asManager(`cat > ${box.layout.info}`, infoJson('1.0.0', '*'));
	expect((await box.updater('check')).code).toBe(3);
	expect(JSON.parse(readFileSync(box.layout.available, 'utf8'))).toMatchObject({
		installed: '1.2.0',
		path: [],
		reason: { code: 'installed-differs', facts: { says: '1.0.0', installed: '1.2.0' } },
	});
	asManager(`cat > ${box.layout.info}`, infoJson('1.2.0', '*'));
	expect((await ringForUpdate(box, 'v1.3.0')).exitCode).toBe(0);
	expect(box.version()).toBe('1.3.0');
});
