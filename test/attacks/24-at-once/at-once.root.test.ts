/**
 * Threat 24: two updates at once, for which the attacker signals as fast as he can while the operator starts
 * some too, and holds every file he can.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { until } from '../../until.ts';
import { ringForUpdate, startKaren } from '../karen.ts';
import { startRacer } from '../second-user.ts';

/**
 * Signals by a new file in the place of the old one, and opens each of root's locks, to hold it. He is not in
 * a hurry: karen has to see each.
 */
const roundIn = (state: string) => `
	fs.writeFileSync('.new', ''); fs.renameSync('.new', 'update');
	for (const name of ['update.lock', 'store.lock', 'karen.lock'])
		try { fs.openSync('${state}/' + name, 'r+'); fs.writeFileSync('held', name); } catch {}
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
`;

test('many requests from several users cause one change, whose hooks run once', {
	timeout: 120_000,
}, async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const ran = join(box.dir, 'ran');
	const told = join(box.dir, 'told');
	const wait = `for n in {1..600}; do [[ -e ${told} ]] && break; sleep 0.1; done`;
	const does = { '00': `echo 00 >> ${ran}; ${wait}`, '01': `echo 01 >> ${ran}`, '02': `echo 02 >> ${ran}` };
	box.publish({ version: '1.1.0', requires: '*', does });
	await startKaren(box);
	const racer = startRacer(box.layout.signals, roundIn(box.state));
	await racer.running;
	await until('the first hook', () => existsSync(ran), 60_000);
	const ends = await Promise.all(Array.from({ length: 4 }, () => box.updater('update')));
	writeFileSync(told, '');
	expect(await racer.end()).toBeGreaterThan(10);
	expect(await ringForUpdate(box, '')).toMatchObject({ state: 'done', exitCode: 0 });

	expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([6]));
	expect(readFileSync(ran, 'utf8')).toBe('00\n01\n02\n');
	expect(box.history().map(({ outcome, to }) => `${outcome} ${to}`)).toEqual(['committed 1.1.0']);
	expect(existsSync(join(box.layout.signals, 'held')), 'the attacker opened a lock').toBe(false);
});
