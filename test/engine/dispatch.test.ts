import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	atRest,
	type DispatchEvent,
	type DispatchState,
	dispatch,
	type Run,
} from '../../src/engine/dispatch.ts';
import { rounds } from '../fuzz.ts';

const run = (name: string, group?: string): Run => ({ name, group });
const touch = (...runs: readonly Run[]): DispatchEvent => ({ event: 'touched', runs });
const end = (name: string): DispatchEvent => ({ event: 'ended', name });

/** Plays events; returns the names that each of them started. */
function play(parallel: number, events: readonly DispatchEvent[]): string[] {
	let state = atRest(parallel);
	return events.map((event) => {
		const next = dispatch(state, event);
		state = next.state;
		return next.start.map(({ name }) => name).join(' ');
	});
}

const update = run('update', 'system');
const reboot = run('reboot', 'system');
const [a, b, c] = [run('a'), run('b'), run('c')];

describe('what each event starts', () => {
	test.each<[string, number, DispatchEvent[], string[]]>([
		['a touch at rest starts at once', 8, [touch(a)], ['a']],
		['a touch while running waits for the end', 8, [touch(a), touch(a), end('a')], ['a', '', 'a']],
		[
			'touches while running coalesce',
			8,
			[touch(a), touch(a), touch(a), touch(a), end('a'), end('a')],
			['a', '', '', '', 'a', ''],
		],
		['touches seen at once coalesce', 8, [touch(a, a, a), end('a')], ['a', '']],
		['different names run beside each other', 8, [touch(a, b, c)], ['a b c']],
		['the limit holds, first come first served', 2, [touch(a, b, c), end('b'), end('a')], ['a b', 'c', '']],
		['a group excludes', 8, [touch(update), touch(reboot), end('update')], ['update', '', 'reboot']],
		['a group excludes in one look too', 8, [touch(update, reboot), end('update')], ['update', 'reboot']],
		[
			'who waits for its group does not hold up others',
			1,
			[touch(update), touch(reboot, a), end('update')],
			['update', '', 'reboot'],
		],
		['nor with room left', 2, [touch(update), touch(reboot, a)], ['update', 'a']],
		[
			'a later touch keeps its place',
			1,
			[touch(a), touch(b), touch(c), touch(b), end('a'), end('b')],
			['a', '', '', '', 'b', 'c'],
		],
		[
			'the one that runs goes behind those who wait',
			1,
			[touch(a), touch(b), touch(a), end('a'), end('b')],
			['a', '', '', 'b', 'a'],
		],
		[
			'what is withdrawn does not run',
			1,
			[touch(a), touch(b), { event: 'withdrawn', name: 'b' }, end('a')],
			['a', '', '', ''],
		],
		[
			'what is withdrawn while it runs goes on',
			8,
			[touch(a), touch(a), { event: 'withdrawn', name: 'a' }, end('a')],
			['a', '', '', ''],
		],
		['a run that was found counts', 8, [{ event: 'found', run: a }, touch(a), end('a')], ['', '', 'a']],
		[
			'and so does its group',
			8,
			[{ event: 'found', run: update }, touch(reboot), end('update')],
			['', '', 'reboot'],
		],
		[
			'a higher limit lets waiting ones start',
			1,
			[touch(a, b, c), { event: 'limited', parallel: 2 }],
			['a', 'b'],
		],
		[
			'a lower limit ends nothing',
			2,
			[touch(a, b, c), { event: 'limited', parallel: 1 }, end('a'), end('b')],
			['a b', '', '', 'c'],
		],
		['an end of what does not run changes nothing', 8, [end('a'), touch(a)], ['', 'a']],
		[
			'a new group counts from the next start',
			8,
			[touch(update), touch(run('b', 'x')), touch(run('b', 'system')), end('b')],
			['update', 'b', '', ''],
		],
	])('%s', (_what, parallel, events, started) => {
		expect(play(parallel, events)).toEqual(started);
	});
});

/** What happens to the box, as chance has it; `which` picks one of those that run or one of the names. */
type Happening =
	| { readonly kind: 'touch'; readonly which: readonly number[] }
	| { readonly kind: 'end'; readonly which: number }
	| { readonly kind: 'withdraw'; readonly which: number }
	| { readonly kind: 'limit'; readonly parallel: number };

const GROUPS: readonly (string | undefined)[] = [undefined, undefined, 'x', 'x', 'x', 'y', 'y', undefined];
const NAMES = GROUPS.map((group, index) => run(`n${index}`, group));
const name = fc.nat(NAMES.length - 1);

const happening: fc.Arbitrary<Happening> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			kind: fc.constant('touch' as const),
			which: fc.array(name, { minLength: 1, maxLength: 4 }),
		}),
	},
	{ weight: 5, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(100) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: name }) },
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constant('limit' as const), parallel: fc.integer({ min: 1, max: 5 }) }),
	},
);

/** The box beside the engine: it keeps its own books of what is owed, and checks every start against them. */
class Books {
	state: DispatchState;
	readonly owed = new Set<string>();
	readonly running: Run[] = [];

	constructor(parallel: number) {
		this.state = atRest(parallel);
	}

	happen(what: Happening): void {
		switch (what.kind) {
			case 'touch': {
				const runs = what.which.map((index) => NAMES[index]).filter((one) => one !== undefined);
				for (const one of runs) this.owed.add(one.name);
				this.apply({ event: 'touched', runs });
				break;
			}
			case 'end': {
				const [ended] = this.running.splice(what.which % Math.max(1, this.running.length), 1);
				if (ended !== undefined) this.apply({ event: 'ended', name: ended.name });
				break;
			}
			case 'withdraw':
				this.owed.delete(`n${what.which}`);
				this.apply({ event: 'withdrawn', name: `n${what.which}` });
				break;
			case 'limit':
				this.apply({ event: 'limited', parallel: what.parallel });
				break;
		}
	}

	apply(event: DispatchEvent): void {
		const { state, start } = dispatch(this.state, event);
		this.state = state;
		for (const one of start) {
			expect(this.owed.delete(one.name), `${one.name} starts without a touch since its last start`).toBe(
				true,
			);
			expect(this.running.map((other) => other.name)).not.toContain(one.name);
			if (one.group !== undefined) expect(this.running.map((other) => other.group)).not.toContain(one.group);
			this.running.push(one);
			expect(this.running.length).toBeLessThanOrEqual(state.parallel);
		}
		expect(state.running.map((one) => one.name).sort()).toEqual(this.running.map((one) => one.name).sort());
		expect(state.waiting.map((one) => one.name).sort()).toEqual([...this.owed].sort());
	}
}

test('whatever happens: no overlap, no excess, nothing owed in the end, nothing run for nothing', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 5 }),
			fc.array(happening, { maxLength: 80 }),
			(parallel, happenings) => {
				const books = new Books(parallel);
				for (const what of happenings) books.happen(what);
				// Whoever waits, waits for somebody: with nobody running nobody waits.
				for (let left = 200; books.running.length > 0 && left > 0; left--)
					books.happen({ kind: 'end', which: 0 });
				expect([...books.owed]).toEqual([]);
				expect(books.state.waiting).toEqual([]);
			},
		),
		rounds(500),
	);
});
