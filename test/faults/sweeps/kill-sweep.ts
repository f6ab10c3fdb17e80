/**
 * Kills the updater and all that it started at one call after another, recovers as karen does, and judges the
 * end.
 */
import { type Random, seededRandom, shuffled } from '../../../bench/measure/random.ts';
import { acknowledged, before, judge, judgeNext, judgeReadable, leftToTheNext, lostBytes } from '../judge.ts';
import type { CountedEnd, Fault } from '../killat/killat.ts';
import { type Lane, withLanes } from '../lane.ts';
import { samplePoints } from '../points.ts';
import { NEXT, wishFor } from '../releases.ts';
import { type Row, rowOf } from '../result.ts';
import { DURING, type Scene, type SceneName, setScene } from '../scenes.ts';
import type { Effort, Suite } from '../suite.ts';
import { callsAround, type NamedTrial, sweep, type TrialEnd } from './sweep.ts';

const LANES = 2;
/** Trials of a full and of a bounded run. */
const TRIALS: Readonly<Record<SceneName | 'second', Readonly<Record<Effort['kind'], number>>>> = {
	update: { full: 320, bounded: 12 },
	rollback: { full: 140, bounded: 5 },
	failing: { full: 120, bounded: 5 },
	second: { full: 160, bounded: 6 },
};
/** After each of so many trials the next update is tried. */
const NEXT_EVERY = 5;
/** How many second cuts are tried on one first cut. */
const SECOND_CUTS = 8;

/** Where a run is killed; `again` is where the recovery is killed. */
interface Cut {
	readonly scene: SceneName;
	readonly at: number;
	readonly when: 'before' | 'after';
	readonly again: Pick<Cut, 'at' | 'when'> | undefined;
}

export const kill: Suite = {
	name: 'kill',
	run: (effort) =>
		withLanes(LANES, (lanes) =>
			effort.at === undefined ? runAll(effort, lanes) : runAlone(effort.at, lanes),
		),
};

async function runAll(effort: Effort, lanes: readonly Lane[]): Promise<readonly Row[]> {
	const random = seededRandom(effort.seed);
	const rows: Row[] = [];
	for (const name of ['update', 'rollback', 'failing'] as const) {
		if (effort.only.length > 0 && !effort.only.includes(name) && !effort.only.includes('second')) continue;
		const scene = await setScene(name, lanes);
		if (effort.only.length === 0 || effort.only.includes(name))
			rows.push(await sweepScene(scene, effort, random, lanes));
		if (name === 'update' && (effort.only.length === 0 || effort.only.includes('second')))
			rows.push(await sweepSecond(scene, effort, random, lanes));
	}
	return rows;
}

async function sweepScene(
	scene: Scene,
	effort: Effort,
	random: Random,
	lanes: readonly Lane[],
): Promise<Row> {
	const count = effort.trials ?? TRIALS[scene.name][effort.kind];
	const chosen = samplePoints(scene.points, count, random);
	const trials = chosen.map(({ at }, index) =>
		trialOf(
			scene,
			{ scene: scene.name, at, when: random() < 0.7 ? 'before' : 'after', again: undefined },
			index % NEXT_EVERY === 0,
		),
	);
	const ended = await sweep('kill', DURING[scene.name], shuffled(trials, random), lanes);
	const note = `the next update was tried after every ${NEXT_EVERY}th`;
	return rowOf(
		{
			fault: 'everything killed before or after a call',
			during: DURING[scene.name],
			points: 2 * scene.points.length,
			note,
		},
		ended,
	);
}

async function sweepSecond(
	scene: Scene,
	effort: Effort,
	random: Random,
	lanes: readonly Lane[],
): Promise<Row> {
	const count = effort.trials ?? TRIALS.second[effort.kind];
	const each = Math.min(SECOND_CUTS, Math.max(2, Math.round(count / 6)));
	const firsts = samplePoints(scene.points, Math.ceil(count / each), random);
	const trials: NamedTrial[] = [];
	let points = 0;
	for (const { at } of firsts) {
		const cut = { scene: scene.name, at, when: 'before' } as const;
		const [lane] = lanes;
		if (lane === undefined) break;
		lane.putBack(scene.name);
		await lane.updater(scene.verb, scene.payload, faultOf(cut));
		const { calls = [] } = (await lane.recover()) ?? {};
		if (calls.length === 0) continue;
		points += 2 * calls.length;
		for (let index = 0; index < each; index += 1) {
			const second = {
				at: 1 + Math.floor(random() * calls.length),
				when: random() < 0.7 ? 'before' : 'after',
			} as const;
			trials.push(trialOf(scene, { ...cut, again: second }, trials.length % NEXT_EVERY === 0));
		}
	}
	const ended = await sweep('kill', 'second cut', trials.slice(0, count), lanes);
	const note = `on ${firsts.length} first cuts; the next update was tried after every ${NEXT_EVERY}th`;
	return rowOf({ fault: 'killed again while it recovers', during: DURING[scene.name], points, note }, ended);
}

async function runAlone(name: string, lanes: readonly Lane[]): Promise<readonly Row[]> {
	const cut = cutOf(name);
	const scene = await setScene(cut.scene, lanes.slice(0, 1));
	const ended = await sweep('kill', name, [trialOf(scene, cut, true)], lanes.slice(0, 1));
	return [rowOf({ fault: name, during: DURING[cut.scene], points: 1, note: '' }, ended)];
}

/** `update:123:before`, or `update:123:before+45:after` with a second cut. */
function nameOf({ scene, at, when, again }: Cut): string {
	return `${scene}:${at}:${when}${again === undefined ? '' : `+${again.at}:${again.when}`}`;
}

function cutOf(name: string): Cut {
	const [, scene, at, when, , secondAt, whenSecond] =
		/^(update|rollback|failing):(\d+):(before|after)(\+(\d+):(before|after))?$/.exec(name) ?? [];
	if (scene === undefined)
		throw new Error(`${name} names no trial: update:123:before, or update:123:before+45:after`);
	// The pattern lets nothing else through.
	const again =
		secondAt === undefined ? undefined : { at: Number(secondAt), when: whenSecond as Cut['when'] };
	return { scene: scene as SceneName, at: Number(at), when: when as Cut['when'], again };
}

function faultOf({ at, when }: Pick<Cut, 'at' | 'when'>): Fault {
	return { kind: 'kill', at, when };
}

function trialOf(scene: Scene, cut: Cut, withNext: boolean): NamedTrial {
	const point = scene.points[cut.at - 1];
	return {
		name: nameOf(cut),
		about: `${point?.step}, ${point?.call}`,
		run: (lane) => runTrial(scene, cut, withNext, lane),
	};
}

async function runTrial(scene: Scene, cut: Cut, withNext: boolean, lane: Lane): Promise<TrialEnd> {
	lane.putBack(scene.name);
	const { box } = lane;
	const was = before(box);
	const killed = await lane.updater(scene.verb, scene.payload, faultOf(cut));
	const wrong = [...judgeReadable(box)];
	const calls = [...callsAround(killed.calls, cut.at)];
	let reached = killed.reached;
	if (cut.again !== undefined) {
		const again = await lane.recover(faultOf(cut.again));
		wrong.push(...judgeReadable(box));
		calls.push('then:', ...callsAround(again?.calls ?? [], cut.again.at));
		reached &&= again?.reached === true;
	}
	const held = acknowledged(box);
	const recovery = await lane.recover();
	wrong.push(...judge(box, scene, was, recovery, 'by itself'), ...judgeCode(recovery));
	const lost = lostBytes(box, held);
	if (wrong.length === 0 && (withNext || leftToTheNext(box).length > 0))
		wrong.push(...judgeNext(box, scene, await lane.updater('update', wishFor(NEXT))));
	return { wrong, recovery: recovery?.milliseconds ?? null, lost, calls, reached };
}

/** A recovery ends well, or says what became of the change; it never asks for an operator. */
function judgeCode(recovery: CountedEnd | undefined): readonly string[] {
	return recovery === undefined || [0, 1, 4].includes(recovery.code)
		? []
		: [`the recovery ended with ${recovery.code}: ${recovery.stderr}`];
}
