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

/** Applies events; returns the names that each of them started. */
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
		['starts an idle run at once', 8, [touch(a)], ['a']],
		['starts a run touched while running after its end', 8, [touch(a), touch(a), end('a')], ['a', '', 'a']],
		[
			'touches while running coalesce',
			8,
			[touch(a), touch(a), touch(a), touch(a), end('a'), end('a')],
			['a', '', '', '', 'a', ''],
		],
		['touches seen at once coalesce', 8, [touch(a, a, a), end('a')], ['a', '']],
		['runs different names in parallel', 8, [touch(a, b, c)], ['a b c']],
		['respects the limit, in order of arrival', 2, [touch(a, b, c), end('b'), end('a')], ['a b', 'c', '']],
		['a group excludes', 8, [touch(update), touch(reboot), end('update')], ['update', '', 'reboot']],
		[
			'a group excludes within one event too',
			8,
			[touch(update, reboot), end('update')],
			['update', 'reboot'],
		],
		[
			'a run that waits for its group does not block others',
			1,
			[touch(update), touch(reboot, a), end('update')],
			['update', '', 'reboot'],
		],
		['a waiting run takes no slot', 2, [touch(update), touch(reboot, a)], ['update', 'a']],
		[
			'a later touch keeps its place',
			1,
			[touch(a), touch(b), touch(c), touch(b), end('a'), end('b')],
			['a', '', '', '', 'b', 'c'],
		],
		[
			'a running run that is touched queues behind waiting ones',
			1,
			[touch(a), touch(b), touch(a), end('a'), end('b')],
			['a', '', '', 'b', 'a'],
		],
		[
			'does not start a withdrawn run',
			1,
			[touch(a), touch(b), { event: 'withdrawn', name: 'b' }, end('a')],
			['a', '', '', ''],
		],
		[
			'lets a withdrawn run that already runs continue',
			8,
			[touch(a), touch(a), { event: 'withdrawn', name: 'a' }, end('a')],
			['a', '', '', ''],
		],
		[
			'counts a run found after a restart',
			8,
			[{ event: 'found', run: a }, touch(a), end('a')],
			['', '', 'a'],
		],
		[
			'counts the group of a run found after a restart',
			8,
			[{ event: 'found', run: update }, touch(reboot), end('update')],
			['', '', 'reboot'],
		],
		[
			'starts waiting runs when the limit rises',
			1,
			[touch(a, b, c), { event: 'limited', parallel: 2 }],
			['a', 'b'],
		],
		[
			'ends no run when the limit falls',
			2,
			[touch(a, b, c), { event: 'limited', parallel: 1 }, end('a'), end('b')],
			['a b', '', '', 'c'],
		],
		['ignores the end of a run that does not run', 8, [end('a'), touch(a)], ['', 'a']],
		[
			'applies a new group from the next start',
			8,
			[touch(update), touch(run('b', 'x')), touch(run('b', 'system')), end('b')],
			['update', 'b', '', ''],
		],
	])('%s', (_what, parallel, events, started) => {
		expect(play(parallel, events)).toEqual(started);
	});
});

/** A random event; `which` picks one of the running runs or one of the names. */
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

/** A reference model that tracks waiting runs itself and checks every start against them. */
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

test('never overlaps or exceeds the limit, and runs exactly what was touched', () => {
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
