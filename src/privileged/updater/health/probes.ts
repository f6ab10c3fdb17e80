/** Runs probes, one at a time as they fall due, until the box is healthy and stays healthy. */
import { type Asked, beginAsking, firstDue, soakLeft, verdictOf } from '../../../engine/probing.ts';
import { problem } from '../../../model/base/error.ts';
import { formatSpan } from '../../../model/base/units.ts';
import type { Probe } from '../../../model/config/probe.ts';
import type { ChangeWorld } from '../world.ts';
import { askProbe } from './ask-probe.ts';

/** Called with the current state as a sentence for people. */
export type OnProbing = (sentence: string) => void;

/**
 * Returns how many probes passed. Throws `probe-failed` with the last output of the first one that failed.
 */
export async function requireWell(
	world: ChangeWorld,
	probes: readonly Probe[],
	onProbing: OnProbing = () => undefined,
): Promise<number> {
	let open = probes.map((probe) => beginAsking(probe, world.clock.monotonic()));
	for (let turn = firstDue(open); turn !== undefined; turn = firstDue(open)) {
		await world.clock.sleep(Math.max(0, turn.due - world.clock.monotonic()));
		const complaint = await askProbe(world, turn.probe);
		const next = afterAnswer(world, turn, complaint);
		open = open.flatMap((one) => (one === turn ? next : one));
		if (open.length > 0) onProbing(sentenceOf(open, world.clock.monotonic()));
	}
	return probes.length;
}

function afterAnswer({ clock }: ChangeWorld, turn: Asked, complaint: string): readonly Asked[] {
	const verdict = verdictOf(turn, complaint === '' ? 'well' : 'unwell', clock.monotonic());
	switch (verdict.kind) {
		case 'passed':
			return [];
		case 'ask-again':
			return [verdict.asked];
		case 'failed':
			throw unwell(turn.probe, verdict.how, complaint);
	}
}

function sentenceOf(open: readonly Asked[], now: number): string {
	const unwell = open.filter((one) => one.wellSince === undefined).map((one) => one.probe.name);
	if (unwell.length > 0) return `Waiting until the box is well: ${unwell.join(', ')}`;
	return `The box is well; watching it for another ${formatSpan(Math.max(...open.map((one) => soakLeft(one, now))))}`;
}

function unwell({ name, question, soak }: Probe, how: 'never-well' | 'relapsed', said: string): Error {
	const relapse = how === 'relapsed' ? ` (it was well, and did not stay so for ${formatSpan(soak)})` : '';
	const message = `the box is not well: probe ${name}: ${said}${relapse}`;
	return problem(
		'probe-failed',
		message,
		'ask the same by hand, and look at the log of the service that it asks',
		{
			retry: 'later',
			facts: { probe: name, kind: question.kind, how, said },
		},
	);
}
