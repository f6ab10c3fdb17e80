/**
 * Exact traces of changes that fail twice, or while going back. Each line is a whole change in the words of
 * trace-of.ts: the mark of a word is what happens to that step, and the rest of the line must follow.
 *
 *     R = reserve fetch stage inspect handover backup     S = R 00 01 switch     C = S 02 probe commit
 */
import { describe, expect, test } from 'vitest';
import type { ChangeKind } from '../../../src/model/change/change.ts';
import { type Luck, type RebootTerm, type Run, run } from './simulated-change.ts';
import { traceOf } from './trace-of.ts';

const R = 'reserve fetch stage inspect handover backup';
const S = `${R} 00 01 switch`;
const C = `${S} 02 probe commit`;
const HOOKS = ['00-run.sh', '01-run.sh', '02-run.sh', '03-run.sh'];

interface Kind {
	readonly change: ChangeKind;
	readonly reboot: RebootTerm;
}

const UPDATE: Kind = { change: 'update', reboot: 'never' };

function whole(line: string): string {
	return line.replace(/^R\b/, R).replace(/^S\b/, S).replace(/^C\b/, C);
}

function wordsOf(line: string): readonly string[] {
	return line.split(' = ')[0]?.split(' ') ?? [];
}

function luckOf(word: string, cut: Luck): Luck {
	if (word.endsWith('!')) return 'fails';
	if (word.endsWith('?')) return 'later';
	return word.endsWith('~') ? cut : 'well';
}

function follow(line: string, { change, reboot }: Kind, cut: Luck): Run {
	const luck = wordsOf(line).map((word) => luckOf(word, cut));
	return run(change, change === 'update' ? HOOKS : [], luck, reboot);
}

/** The reported cause is the fact that turned the change around, whatever came later. */
function expectCause(line: string, { outcome }: Run): void {
	if (outcome.kind === 'committed') return;
	const turning = wordsOf(line).findLast((word) => !word.startsWith('-')) ?? '';
	const step = turning.replace(/\W$/, '');
	if (turning.endsWith('~'))
		expect(outcome.cause.code).toBe(step === 'reboot' ? 'reboot-failed' : 'interrupted');
	else expect(outcome.cause.facts['step']).toBe(/^\d/.test(step) ? `hook:${step}-run.sh` : step);
}

function expectLines(lines: readonly string[], kind: Kind): void {
	test.each(lines)('%s', (line) => {
		const full = whole(line);
		const cuts: readonly Luck[] = line.includes('~')
			? ['cut-before', 'cut-in-the-middle', 'cut-after']
			: ['well'];
		for (const cut of cuts) {
			const ended = follow(full, kind, cut);
			expect(traceOf(ended), cut).toBe(full);
			expectCause(full, ended);
			const { files, services } = ended.world;
			if (ended.outcome.kind === 'dropped' || ended.outcome.kind === 'rolled-back')
				expect({ files, services }).toEqual({ files: 'old', services: 'old' });
		}
	});
}

describe('a step fails between R and C, and the rollback has problems too', () => {
	expectLines(
		[
			'R 00! -backup! -backup -handover -stage = rolled-back',
			'R 00! -backup! -backup! = needs-attention',
			'R 00! -backup~ -backup -handover -stage = rolled-back',
			'R 00! -backup! -backup~ -backup! = needs-attention',
			'R 00! -backup -handover! -handover -stage = rolled-back',
			'R 00! -backup -handover! -handover! = needs-attention',
			'R 00! -backup -handover~ -handover -stage = rolled-back',
			'R 00! -backup -handover~ -handover! -handover! = needs-attention',
			'R 00! -backup -handover -stage! -stage = rolled-back',
			'R 00! -backup -handover -stage! -stage! = rolled-back',
			'R 00! -backup -handover -stage~ -stage = rolled-back',
			'R 00 01! -backup! -backup -handover -stage = rolled-back',
			'R 00 01! -backup! -backup! = needs-attention',
			'R 00 01! -backup~ -backup -handover -stage = rolled-back',
			'R 00 01! -backup! -backup~ -backup! = needs-attention',
			'R 00 01! -backup -handover! -handover -stage = rolled-back',
			'R 00 01! -backup -handover! -handover! = needs-attention',
			'R 00 01! -backup -handover~ -handover -stage = rolled-back',
			'R 00 01! -backup -handover~ -handover! -handover! = needs-attention',
			'R 00 01! -backup -handover -stage! -stage = rolled-back',
			'R 00 01! -backup -handover -stage! -stage! = rolled-back',
			'R 00 01! -backup -handover -stage~ -stage = rolled-back',
			'R 00 01 switch! -backup! -backup -handover -stage = rolled-back',
			'R 00 01 switch! -backup! -backup! = needs-attention',
			'R 00 01 switch! -backup~ -backup -handover -stage = rolled-back',
			'R 00 01 switch! -backup! -backup~ -backup! = needs-attention',
			'R 00 01 switch! -backup -handover! -handover -stage = rolled-back',
			'R 00 01 switch! -backup -handover! -handover! = needs-attention',
			'R 00 01 switch! -backup -handover~ -handover -stage = rolled-back',
			'R 00 01 switch! -backup -handover~ -handover! -handover! = needs-attention',
			'R 00 01 switch! -backup -handover -stage! -stage = rolled-back',
			'R 00 01 switch! -backup -handover -stage! -stage! = rolled-back',
			'R 00 01 switch! -backup -handover -stage~ -stage = rolled-back',
			'S 02! -backup! -backup -handover -stage = rolled-back',
			'S 02! -backup! -backup! = needs-attention',
			'S 02! -backup~ -backup -handover -stage = rolled-back',
			'S 02! -backup! -backup~ -backup! = needs-attention',
			'S 02! -backup -handover! -handover -stage = rolled-back',
			'S 02! -backup -handover! -handover! = needs-attention',
			'S 02! -backup -handover~ -handover -stage = rolled-back',
			'S 02! -backup -handover~ -handover! -handover! = needs-attention',
			'S 02! -backup -handover -stage! -stage = rolled-back',
			'S 02! -backup -handover -stage! -stage! = rolled-back',
			'S 02! -backup -handover -stage~ -stage = rolled-back',
			'S 02 probe! -backup! -backup -handover -stage = rolled-back',
			'S 02 probe! -backup! -backup! = needs-attention',
			'S 02 probe! -backup~ -backup -handover -stage = rolled-back',
			'S 02 probe! -backup! -backup~ -backup! = needs-attention',
			'S 02 probe! -backup -handover! -handover -stage = rolled-back',
			'S 02 probe! -backup -handover! -handover! = needs-attention',
			'S 02 probe! -backup -handover~ -handover -stage = rolled-back',
			'S 02 probe! -backup -handover~ -handover! -handover! = needs-attention',
			'S 02 probe! -backup -handover -stage! -stage = rolled-back',
			'S 02 probe! -backup -handover -stage! -stage! = rolled-back',
			'S 02 probe! -backup -handover -stage~ -stage = rolled-back',
			'S 02 probe commit! -backup! -backup -handover -stage = rolled-back',
			'S 02 probe commit! -backup! -backup! = needs-attention',
			'S 02 probe commit! -backup~ -backup -handover -stage = rolled-back',
			'S 02 probe commit! -backup! -backup~ -backup! = needs-attention',
			'S 02 probe commit! -backup -handover! -handover -stage = rolled-back',
			'S 02 probe commit! -backup -handover! -handover! = needs-attention',
			'S 02 probe commit! -backup -handover~ -handover -stage = rolled-back',
			'S 02 probe commit! -backup -handover~ -handover! -handover! = needs-attention',
			'S 02 probe commit! -backup -handover -stage! -stage = rolled-back',
			'S 02 probe commit! -backup -handover -stage! -stage! = rolled-back',
			'S 02 probe commit! -backup -handover -stage~ -stage = rolled-back',
		],
		UPDATE,
	);
});

describe('a step is interrupted between R and C, and the rollback has problems too', () => {
	expectLines(
		[
			'R 00~ -backup! -backup -handover -stage = rolled-back',
			'R 00~ -backup! -backup! = needs-attention',
			'R 00~ -backup~ -backup -handover -stage = rolled-back',
			'R 00~ -backup -handover! -handover! = needs-attention',
			'R 00~ -backup -handover~ -handover -stage = rolled-back',
			'R 00~ -backup -handover -stage! -stage! = rolled-back',
			'R 00 01~ -backup! -backup -handover -stage = rolled-back',
			'R 00 01~ -backup! -backup! = needs-attention',
			'R 00 01~ -backup~ -backup -handover -stage = rolled-back',
			'R 00 01~ -backup -handover! -handover! = needs-attention',
			'R 00 01~ -backup -handover~ -handover -stage = rolled-back',
			'R 00 01~ -backup -handover -stage! -stage! = rolled-back',
			'R 00 01 switch~ -backup! -backup -handover -stage = rolled-back',
			'R 00 01 switch~ -backup! -backup! = needs-attention',
			'R 00 01 switch~ -backup~ -backup -handover -stage = rolled-back',
			'R 00 01 switch~ -backup -handover! -handover! = needs-attention',
			'R 00 01 switch~ -backup -handover~ -handover -stage = rolled-back',
			'R 00 01 switch~ -backup -handover -stage! -stage! = rolled-back',
			'S 02~ -backup! -backup -handover -stage = rolled-back',
			'S 02~ -backup! -backup! = needs-attention',
			'S 02~ -backup~ -backup -handover -stage = rolled-back',
			'S 02~ -backup -handover! -handover! = needs-attention',
			'S 02~ -backup -handover~ -handover -stage = rolled-back',
			'S 02~ -backup -handover -stage! -stage! = rolled-back',
			'S 02 probe~ -backup! -backup -handover -stage = rolled-back',
			'S 02 probe~ -backup! -backup! = needs-attention',
			'S 02 probe~ -backup~ -backup -handover -stage = rolled-back',
			'S 02 probe~ -backup -handover! -handover! = needs-attention',
			'S 02 probe~ -backup -handover~ -handover -stage = rolled-back',
			'S 02 probe~ -backup -handover -stage! -stage! = rolled-back',
			'S 02 probe commit~ -backup! -backup -handover -stage = rolled-back',
			'S 02 probe commit~ -backup! -backup! = needs-attention',
			'S 02 probe commit~ -backup~ -backup -handover -stage = rolled-back',
			'S 02 probe commit~ -backup -handover! -handover! = needs-attention',
			'S 02 probe commit~ -backup -handover~ -handover -stage = rolled-back',
			'S 02 probe commit~ -backup -handover -stage! -stage! = rolled-back',
		],
		UPDATE,
	);
});

describe('a step fails before R, and undoing has problems too', () => {
	expectLines(
		[
			'reserve fetch stage! -stage! -stage = dropped',
			'reserve fetch stage! -stage! -stage! = dropped',
			'reserve fetch stage! -stage~ -stage = dropped',
			'reserve fetch stage! -stage! -stage~ -stage! = dropped',
			'reserve fetch stage inspect! -stage! -stage = dropped',
			'reserve fetch stage inspect! -stage! -stage! = dropped',
			'reserve fetch stage inspect! -stage~ -stage = dropped',
			'reserve fetch stage inspect! -stage! -stage~ -stage! = dropped',
			'reserve fetch stage inspect handover! -stage! -stage = dropped',
			'reserve fetch stage inspect handover! -stage! -stage! = dropped',
			'reserve fetch stage inspect handover! -stage~ -stage = dropped',
			'reserve fetch stage inspect handover! -stage! -stage~ -stage! = dropped',
			'reserve fetch stage inspect handover backup! -backup! -backup -stage = dropped',
			'reserve fetch stage inspect handover backup! -backup! -backup! -stage = dropped',
			'reserve fetch stage inspect handover backup! -backup~ -backup -stage = dropped',
			'reserve fetch stage inspect handover backup! -backup -stage! -stage = dropped',
			'reserve fetch stage inspect handover backup! -backup -stage! -stage! = dropped',
			'reserve fetch stage inspect handover backup! -backup -stage~ -stage = dropped',
			'reserve fetch stage inspect handover backup! -backup! -backup! -stage! -stage! = dropped',
		],
		UPDATE,
	);
});

describe('a hook asks to be run later', () => {
	expectLines(
		[
			'R 00? 00 01 switch 02 probe commit 03 clean = committed',
			'R 00? 00? 00? 00 01 switch 02 probe commit 03 clean = committed',
			'R 00? 00? 00? 00? -backup -handover -stage = rolled-back',
			'R 00? 00! -backup -handover -stage = rolled-back',
			'R 00? 00~ -backup -handover -stage = rolled-back',
			'R 00? 00? 00? 00? -backup! -backup! = needs-attention',
			'R 00 01? 01 switch 02 probe commit 03 clean = committed',
			'R 00 01? 01? 01? 01 switch 02 probe commit 03 clean = committed',
			'R 00 01? 01? 01? 01? -backup -handover -stage = rolled-back',
			'R 00 01? 01! -backup -handover -stage = rolled-back',
			'R 00 01? 01~ -backup -handover -stage = rolled-back',
			'R 00 01? 01? 01? 01? -backup! -backup! = needs-attention',
			'S 02? 02 probe commit 03 clean = committed',
			'S 02? 02? 02? 02 probe commit 03 clean = committed',
			'S 02? 02? 02? 02? -backup -handover -stage = rolled-back',
			'S 02? 02! -backup -handover -stage = rolled-back',
			'S 02? 02~ -backup -handover -stage = rolled-back',
			'S 02? 02? 02? 02? -backup! -backup! = needs-attention',
			'R 00? 00 01? 01 switch 02? 02 probe commit 03 clean = committed',
			'R 00? 00? 00? 00 01? 01? 01? 01 switch 02? 02? 02? 02 probe commit 03 clean = committed',
			'C 03? 03 clean = committed',
			'C 03? 03? 03 clean = committed',
			'C 03? 03? 03? clean = committed',
			'C 03? 03! 03~ clean = committed',
			'C 03? 03~ 03 clean = committed',
		],
		UPDATE,
	);
});

describe('a rollback by hand fails, and going back has problems too', () => {
	expectLines(
		[
			'reserve handover backup! -backup! -backup = dropped',
			'reserve handover backup! -backup! -backup! = dropped',
			'reserve handover backup! -backup~ -backup = dropped',
			'reserve handover backup restore! -backup! -backup -handover = rolled-back',
			'reserve handover backup restore! -backup! -backup! = needs-attention',
			'reserve handover backup restore! -backup~ -backup -handover = rolled-back',
			'reserve handover backup restore! -backup -handover! -handover = rolled-back',
			'reserve handover backup restore! -backup -handover! -handover! = needs-attention',
			'reserve handover backup restore! -backup -handover~ -handover = rolled-back',
			'reserve handover backup restore switch! -backup! -backup -handover = rolled-back',
			'reserve handover backup restore switch! -backup! -backup! = needs-attention',
			'reserve handover backup restore switch! -backup~ -backup -handover = rolled-back',
			'reserve handover backup restore switch! -backup -handover! -handover = rolled-back',
			'reserve handover backup restore switch! -backup -handover! -handover! = needs-attention',
			'reserve handover backup restore switch! -backup -handover~ -handover = rolled-back',
			'reserve handover backup restore switch restart! -backup! -backup -handover = rolled-back',
			'reserve handover backup restore switch restart! -backup! -backup! = needs-attention',
			'reserve handover backup restore switch restart! -backup~ -backup -handover = rolled-back',
			'reserve handover backup restore switch restart! -backup -handover! -handover = rolled-back',
			'reserve handover backup restore switch restart! -backup -handover! -handover! = needs-attention',
			'reserve handover backup restore switch restart! -backup -handover~ -handover = rolled-back',
			'reserve handover backup restore switch restart probe! -backup! -backup -handover = rolled-back',
			'reserve handover backup restore switch restart probe! -backup! -backup! = needs-attention',
			'reserve handover backup restore switch restart probe! -backup~ -backup -handover = rolled-back',
			'reserve handover backup restore switch restart probe! -backup -handover! -handover = rolled-back',
			'reserve handover backup restore switch restart probe! -backup -handover! -handover! = needs-attention',
			'reserve handover backup restore switch restart probe! -backup -handover~ -handover = rolled-back',
			'reserve handover backup restore switch restart probe commit! -backup! -backup -handover = rolled-back',
			'reserve handover backup restore switch restart probe commit! -backup! -backup! = needs-attention',
			'reserve handover backup restore switch restart probe commit! -backup~ -backup -handover = rolled-back',
			'reserve handover backup restore switch restart probe commit! -backup -handover! -handover = rolled-back',
			'reserve handover backup restore switch restart probe commit! -backup -handover! -handover! = needs-attention',
			'reserve handover backup restore switch restart probe commit! -backup -handover~ -handover = rolled-back',
		],
		{ change: 'rollback', reboot: 'never' },
	);
});

describe('the root is accepted as it is', () => {
	expectLines(
		[
			'commit clean = committed',
			'commit! = dropped',
			'commit~ commit clean = committed',
			'commit~ commit~ commit~ commit~ = dropped',
			'commit clean! clean = committed',
			'commit clean! clean! clean! = committed',
			'commit clean~ clean = committed',
			'commit clean~ clean~ clean~ clean~ clean~ clean~ = committed',
		],
		{ change: 'keep', reboot: 'never' },
	);
});

describe('a release that asks for a reboot, with further problems', () => {
	expectLines(
		[
			'S reboot! -backup! -backup! = needs-attention',
			'S reboot! -backup -handover! -handover! = needs-attention',
			'S reboot! -backup~ -backup -handover -stage = rolled-back',
			'S reboot? reboot? reboot? -backup! -backup! = needs-attention',
			'S reboot? reboot? reboot? -backup -handover~ -handover -stage = rolled-back',
			'S reboot~ reboot~ reboot~ -backup! -backup -handover -stage = rolled-back',
			'S reboot 02! -backup! -backup! = needs-attention',
			'S reboot 02~ -backup~ -backup -handover -stage = rolled-back',
			'S reboot 02 probe! -backup -handover -stage = rolled-back',
			'S reboot 02 probe! -backup! -backup! = needs-attention',
			'S reboot 02 probe! -backup -handover! -handover! = needs-attention',
			'S reboot 02 probe commit! -backup -handover -stage = rolled-back',
			'S reboot 02? 02 probe commit 03 clean = committed',
			'S reboot 02? 02? 02? 02? -backup -handover -stage = rolled-back',
			'S reboot 02 probe commit 03! 03 clean = committed',
			'S reboot 02 probe commit 03 clean~ clean = committed',
			'S reboot? reboot! -backup -handover -stage = rolled-back',
			'S reboot~ reboot! -backup -handover -stage = rolled-back',
		],
		{ change: 'update', reboot: 'after-01' },
	);
});

describe('problems after C', () => {
	expectLines(
		[
			'R 00 01 switch 02 probe commit 03! 03~ 03 clean = committed',
			'C 03~ 03~ 03~ 03~ 03~ 03~ clean = committed',
			'C 03! 03! 03! clean! clean! clean! = committed',
			'C 03~ 03! 03! clean = committed',
			'C 03 clean! clean! clean = committed',
			'C 03 clean! clean! clean! = committed',
			'C 03 clean~ clean~ clean~ clean~ clean~ clean~ = committed',
		],
		UPDATE,
	);
});

describe('several interruptions', () => {
	expectLines(
		[
			'reserve~ reserve fetch~ fetch stage~ stage inspect handover backup 00 01 switch 02 probe commit 03 clean = committed',
			'reserve fetch~ fetch~ fetch~ fetch stage inspect handover backup 00 01 switch 02 probe commit 03 clean = committed',
			'reserve fetch~ fetch~ fetch~ fetch~ = dropped',
			'reserve fetch stage~ stage inspect~ inspect handover~ handover backup~ -backup -stage = dropped',
			'reserve fetch stage~ stage! -stage = dropped',
			'reserve fetch stage inspect~ inspect! -stage~ -stage = dropped',
			'reserve fetch stage inspect handover~ handover backup 00~ -backup -handover -stage = rolled-back',
			'reserve fetch stage inspect handover backup~ backup 00 01! -backup -handover -stage = rolled-back',
			'reserve fetch stage inspect handover backup~ backup 00? 00~ -backup -handover -stage = rolled-back',
			'reserve fetch stage inspect handover backup~ backup~ backup~ backup~ -backup~ -backup~ -backup -stage = dropped',
			'R 00~ -backup~ -backup~ -backup~ -backup~ -backup~ -backup~ = needs-attention',
			'R 00~ -backup -handover~ -handover~ -handover~ -handover~ -handover~ -handover~ = needs-attention',
			'R 00~ -backup -handover -stage~ -stage~ -stage~ -stage~ -stage~ -stage~ = rolled-back',
			'S 02~ -backup~ -backup -handover~ -handover -stage~ -stage = rolled-back',
			'S 02 probe~ -backup! -backup -handover! -handover -stage! -stage = rolled-back',
		],
		UPDATE,
	);
});
