import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChangeId } from '../../../src/model/change/change.ts';
import {
	checksum,
	decodeJournal,
	encodeEntry,
	type Fact,
	type Journal,
	type JournalEntry,
	openedOf,
	recordOfStep,
	termsOf,
} from '../../../src/model/change/journal.ts';
import type { StepId } from '../../../src/model/change/step.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import { DEFAULT_TERMS } from '../../../src/model/release/terms.ts';
import type { Version } from '../../../src/model/release/version.ts';
import { rounds } from '../../fuzz.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const step = (name: string) => name as StepId;

const cause = {
	code: 'hook-failed',
	message: 'cannot go on: 01-run.sh ended with 1 — «ü»',
	hint: 'look at the log',
	retry: 'never',
	facts: {},
} as const;

/** One fact of every kind. */
const FACTS: readonly Fact[] = [
	{
		event: 'opened',
		opened: {
			change: '20261121-093000-1a2b' as ChangeId,
			kind: 'update',
			product: 'citadel',
			from: '0.4.17' as Version,
			to: '0.4.18' as Version,
			tag: 'v0.4.18' as Tag,
			goal: 'v0.5.4' as Tag,
			of: null,
			trust: 'unsigned',
		},
	},
	{ event: 'doing', step: step('fetch'), attempt: 1 },
	{ event: 'done', step: step('fetch'), record: { commit: 'abc' } },
	{ event: 'resumed', boot: 'b-2' },
	{ event: 'failed', step: step('hook:01-run.sh'), error: cause, again: 'no' },
	{ event: 'undoing', step: step('fetch'), attempt: 1 },
	{ event: 'undo-failed', step: step('fetch'), error: cause },
	{ event: 'undone', step: step('fetch') },
	{ event: 'closed', outcome: { kind: 'rolled-back', version: '0.4.17' as Version, cause } },
];

function journalOf(facts: readonly Fact[]): Journal {
	return facts.map((fact, index) => ({ ...fact, seq: index + 1, at: 1000 + index }) as JournalEntry);
}

function bytesOf(journal: Journal): Uint8Array {
	return encode(journal.map(encodeEntry).join(''));
}

const whole = journalOf(FACTS);
const bytes = bytesOf(whole);
/** Where each line ends, the start of the file included. */
const ends = [0, ...whole.map((_entry, index) => bytesOf(whole.slice(0, index + 1)).length)];

test('a line is the checksum, a space, the entry', () => {
	expect(encodeEntry({ seq: 1, at: 5, event: 'resumed', boot: 'x' })).toMatch(
		/^[0-9a-f]{8} \{"seq":1,"at":5,"event":"resumed","boot":"x"\}\n$/,
	);
	expect(checksum('123456789')).toBe('cbf43926');
});

test('what is written is read', () => {
	expect(decodeJournal(bytes)).toEqual({ kind: 'journal', entries: whole, kept: bytes.length });
	expect(decodeJournal(new Uint8Array())).toEqual({ kind: 'journal', entries: [], kept: 0 });
});

test('a journal that is part of a larger buffer is read', () => {
	const larger = encode(`xxx${new TextDecoder().decode(bytes)}yyy`);
	expect(decodeJournal(larger.subarray(3, 3 + bytes.length))).toMatchObject({
		kind: 'journal',
		entries: whole,
	});
});

test('torn at any byte, it holds the lines that were whole', () => {
	for (let length = 0; length < bytes.length; length++) {
		const lines = ends.filter((end) => end <= length).length - 1;
		expect(decodeJournal(bytes.subarray(0, length))).toEqual({
			kind: 'journal',
			entries: whole.slice(0, lines),
			kept: ends[lines],
		});
	}
});

test.each([
	['zeros', '\0'.repeat(512)],
	['half a line of something else', 'deadbeef {"seq"'],
	['a line with a wrong checksum', '00000000 {"seq":10,"at":1,"event":"resumed","boot":"x"}\n'],
])('%s at the end are a torn write', (_what, rest) => {
	expect(decodeJournal(encode(new TextDecoder().decode(bytes) + rest))).toEqual({
		kind: 'journal',
		entries: whole,
		kept: bytes.length,
	});
});

test('a flipped byte before the last line is damage, and says where', () => {
	// Without the line end before the last line, the two are one torn line.
	const lastLineEnd = (ends.at(-2) ?? 0) - 1;
	for (let at = 0; at < lastLineEnd; at++) {
		const flipped = bytes.slice();
		flipped[at] = (flipped[at] ?? 0) ^ 0x04;
		expect(decodeJournal(flipped).kind).toBe('damaged');
	}
	const second = bytes.slice();
	second[(ends[1] ?? 0) + 20] = 0xff;
	expect(decodeJournal(second)).toEqual({ kind: 'damaged', line: 2 });
});

describe('lines that do not follow on each other are damage', () => {
	const lines = whole.map(encodeEntry);

	test.each([
		['one is missing', lines.filter((_line, index) => index !== 3)],
		['one stands twice', [...lines.slice(0, 3), ...lines.slice(2)]],
		['two are exchanged', [...lines.slice(0, 2), lines[3], lines[2], ...lines.slice(4)]],
		['an empty line', [...lines.slice(0, 2), '\n', ...lines.slice(2)]],
		['a second journal', [...lines, ...lines]],
		['no object', [`${checksum('1')} 1\n`, ...lines]],
	])('%s', (_what, wrong) => {
		expect(decodeJournal(encode(wrong.join('')))).toMatchObject({ kind: 'damaged' });
	});
});

test('any facts, torn anywhere, give a beginning of what was written', () => {
	const text = fc.string({ unit: 'binary' });
	const fact = fc.oneof(
		fc.record({
			event: fc.constant('done' as const),
			step: text.map(step),
			record: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())),
		}),
		fc.record({ event: fc.constant('resumed' as const), boot: text }),
	);
	fc.assert(
		fc.property(fc.array(fact, { maxLength: 6 }), fc.nat(), (facts, cut) => {
			// As JSON sees it: a `__proto__` key among the records is not kept by design.
			const journal = JSON.parse(
				JSON.stringify(journalOf(facts), (key, value: unknown) => (key === '__proto__' ? undefined : value)),
			) as Journal;
			const file = bytesOf(journal);
			expect(decodeJournal(file)).toEqual({ kind: 'journal', entries: journal, kept: file.length });
			const torn = decodeJournal(file.subarray(0, cut % (file.length + 1)));
			if (torn.kind === 'damaged') throw new Error('a torn journal is not damaged');
			expect(torn.entries).toEqual(journal.slice(0, torn.entries.length));
			expect(bytesOf(torn.entries).length).toBe(torn.kept);
		}),
		rounds(100),
	);
});

test('the opening and the records are found again', () => {
	expect(openedOf(whole)).toMatchObject({ product: 'citadel', goal: 'v0.5.4' });
	expect(openedOf([])).toBeUndefined();
	expect(openedOf(whole.slice(1))).toBeUndefined();
	expect(recordOfStep(whole, 'fetch')).toEqual({ commit: 'abc' });
	expect(recordOfStep(whole, 'stage')).toBeUndefined();
});

test.each([
	['not inspected yet', undefined, DEFAULT_TERMS],
	[
		'inspected',
		{ hooks: [], deletes: 0, terms: { reboot: 'after-01', probes: [] } },
		{ ...DEFAULT_TERMS, reboot: 'after-01' },
	],
	['inspected by an updater that knew of no terms', { hooks: [], deletes: 0 }, DEFAULT_TERMS],
	[
		'inspected by an updater that knew of fewer',
		{ hooks: [], deletes: 0, terms: { dataVersion: 2 } },
		{ ...DEFAULT_TERMS, dataVersion: 2 },
	],
] as const)('the terms of a release that was %s', (_what, record, terms) => {
	const facts: readonly Fact[] =
		record === undefined ? [] : [{ event: 'done', step: step('inspect'), record }];
	expect(termsOf(facts.map((fact, index) => ({ ...fact, seq: index + 2, at: 0 })))).toEqual(terms);
});
