/**
 * Threat 8: what was looked at is exchanged before it is read. The attacker swaps as fast as he can, the real
 * admission reads.
 */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SignalName } from '../../../src/model/signal/signal.ts';
import { admitPayload } from '../../../src/privileged/karen/admit/payload.ts';
import { scratch } from '../../scratch.ts';
import { MANAGER, MANAGERS_GROUP, startRacer } from '../second-user.ts';

const NAME = 'update' as SignalName;
/** Root's own files count as well, so that no owner saves what following a link would lose. */
const OWNERS = new Set([0, MANAGER]);

/** A directory that the attacker owns, and beside it one of root's with a file of the same name. */
function place(): { readonly dir: string; readonly signals: string; readonly secret: string } {
	const dir = scratch();
	chmodSync(dir, 0o711);
	const theirs = join(dir, 'theirs');
	const signals = join(theirs, 'signals');
	const secret = join(dir, 'secret');
	for (const path of [theirs, signals, secret]) mkdirSync(path);
	chmodSync(secret, 0o700);
	writeFileSync(join(secret, NAME), 'secret', { mode: 0o600 });
	for (const path of [theirs, signals]) chownSync(path, MANAGER, MANAGERS_GROUP);
	return { dir, signals, secret };
}

/**
 * Admits until so many rounds are over, and lets the attacker's output be read now and then; returns what
 * came how often.
 */
async function admitAgainAndAgain(
	signals: string,
	rounds: number,
): Promise<Readonly<Record<string, number>>> {
	const seen: Record<string, number> = {};
	for (let round = 0; round < rounds; round += 1) {
		const admission = admitPayload(signals, NAME, OWNERS);
		const what = admission.kind === 'admitted' ? `admitted ${admission.payload}` : admission.kind;
		seen[what] = (seen[what] ?? 0) + 1;
		if (round % 5000 === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	return seen;
}

const PLAIN = "fs.writeFileSync('.p', 'plain'); fs.renameSync('.p', 'signals/update');";

test.each<[string, number, (place: { readonly signals: string; readonly secret: string }) => string]>([
	[
		'a signal that is a file and a link by turns leaks nothing of root’s',
		100_000,
		({ secret }) =>
			`${PLAIN} fs.symlinkSync('${secret}/update', '.l'); fs.renameSync('.l', 'signals/update');`,
	],
	[
		'a directory of signals that is a directory and a link by turns leaks nothing of root’s',
		20_000,
		({ secret }) =>
			`fs.mkdirSync('signals', { recursive: true }); ${PLAIN} fs.renameSync('signals', 'away'); fs.symlinkSync('${secret}', 'signals'); fs.unlinkSync('signals'); fs.renameSync('away', 'signals');`,
	],
])('%s', { timeout: 120_000 }, async (_what, rounds, roundOf) => {
	const at = place();
	const racer = startRacer(join(at.dir, 'theirs'), roundOf(at));
	await racer.running;
	const seen = await admitAgainAndAgain(at.signals, rounds);
	const swaps = await racer.end();
	expect(
		Object.keys(seen).filter((what) => what.startsWith('admitted')),
		JSON.stringify(seen),
	).toEqual(['admitted plain']);
	expect(seen['refused'] ?? seen['gone'] ?? 0, 'it was met in the middle').toBeGreaterThan(0);
	expect(swaps).toBeGreaterThan(100);
});
