/** Every scenario through our client and through plain tuf-js; where they disagree, the scenario says why. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../../scratch.ts';
import { ours, plain } from './clients.ts';
import { Publisher } from './publisher.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';
import { storedVersion } from './stored.ts';

test.each(SCENARIOS)('$name: $end', async ({ consistent, steps, target, end, store, differs }) => {
	const [dir, plainDir] = [join(scratch(), 'ours'), join(scratch(), 'plain')];
	const publisher = new Publisher(Date.now(), consistent ?? true);
	const factory = publisher.factory();
	for (const [index, step] of steps.entries()) {
		step(publisher);
		const isLast = index === steps.length - 1;
		const wanted = isLast ? target : undefined;
		const [our, their] = [
			await ours(dir, publisher, factory, wanted),
			await plain(plainDir, publisher, factory, wanted),
		];
		if (!isLast) {
			expect([our, their]).toEqual(['ok', 'ok']);
			continue;
		}
		expect(our).toBe(end);
		const agree = (our === 'ok') === (their === 'ok');
		expect({ agree, their }, differs ?? 'an unlisted disagreement').toEqual({
			agree: differs === undefined,
			their,
		});
	}
	for (const [role, version] of Object.entries(store ?? {}))
		expect([role, storedVersion(dir, role)]).toEqual([role, version]);
});

test('no two scenarios have one name', () => {
	expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
});
