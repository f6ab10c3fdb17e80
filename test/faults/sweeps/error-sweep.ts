/**
 * Lets one call after another fail, once or from then on, as full, dying and read-only disks do; then the
 * cause is gone.
 */
import { type Random, seededRandom, shuffled } from '../../../bench/measure/random.ts';
import {
	acknowledged,
	before,
	judge,
	judgeExit,
	judgeNext,
	leftToTheNext,
	lostBytes,
	needsOperator,
} from '../judge.ts';
import type { Errno, Fault } from '../killat/killat.ts';
import { type Lane, withLanes } from '../lane.ts';
import { type Point, samplePoints } from '../points.ts';
import { NEXT, wishFor } from '../releases.ts';
import { type Row, rowOf } from '../result.ts';
import { DURING, type Scene, type SceneName, setScene } from '../scenes.ts';
import type { Effort, Suite } from '../suite.ts';
import { callsAround, type NamedTrial, sweep, type TrialEnd } from './sweep.ts';

const LANES = 2;
const NEXT_EVERY = 5;
const ERRNOS: readonly Errno[] = ['ENOSPC', 'EIO', 'EROFS', 'EMFILE'];
/** Trials for each errno, once and sticky together, of a full and of a bounded run. */
const TRIALS: Readonly<Record<SceneName, Readonly<Record<Effort['kind'], number>>>> = {
	update: { full: 40, bounded: 4 },
	rollback: { full: 16, bounded: 2 },
	failing: { full: 14, bounded: 1 },
};

const MAKING = ['open', 'openat', 'openat2', 'creat'];
const GROWING = [
	...MAKING,
	'write',
	'writev',
	'pwrite64',
	'mkdir',
	'mkdirat',
	'rename',
	'renameat',
	'renameat2',
	'link',
	'linkat',
	'symlink',
	'symlinkat',
	'fsync',
	'fdatasync',
	'syncfs',
	'copy_file_range',
	'setxattr',
];

/** Which calls fail in such a way on a real machine; undefined: all. */
const CALLS: Readonly<Record<Errno, readonly string[] | undefined>> = {
	ENOSPC: GROWING,
	EIO: undefined,
	EROFS: undefined,
	EMFILE: MAKING,
};

interface Failure {
	readonly scene: SceneName;
	readonly at: number;
	readonly errno: Errno;
	readonly how: 'once' | 'on';
}

export const errors: Suite = {
	name: 'errors',
	run: (effort) =>
		withLanes(LANES, (lanes) =>
			effort.at === undefined ? runAll(effort, lanes) : runAlone(effort.at, lanes),
		),
};

async function runAll(effort: Effort, lanes: readonly Lane[]): Promise<readonly Row[]> {
	const random = seededRandom(effort.seed);
	const rows: Row[] = [];
	for (const name of ['update', 'rollback', 'failing'] as const) {
		if (effort.only.length > 0 && !effort.only.includes(name)) continue;
		rows.push(...(await sweepScene(await setScene(name, lanes), effort, random, lanes)));
	}
	return rows;
}

async function sweepScene(
	scene: Scene,
	effort: Effort,
	random: Random,
	lanes: readonly Lane[],
): Promise<readonly Row[]> {
	const rows: Row[] = [];
	for (const errno of ERRNOS) {
		const points = scene.points.filter(({ call }) => CALLS[errno]?.includes(call) ?? true);
		const trials = trialsOf(scene, errno, points, effort, random);
		const ended = await sweep('errors', `${errno}, ${DURING[scene.name]}`, trials, lanes);
		const note = 'half of them once, half from that call on until the cause was gone';
		rows.push(
			rowOf(
				{ fault: `a call fails with ${errno}`, during: DURING[scene.name], points: 2 * points.length, note },
				ended,
			),
		);
	}
	return rows;
}

function trialsOf(
	scene: Scene,
	errno: Errno,
	points: readonly Point[],
	effort: Effort,
	random: Random,
): readonly NamedTrial[] {
	const chosen = samplePoints(points, effort.trials ?? TRIALS[scene.name][effort.kind], random);
	const failures = shuffled(chosen, random).map(
		({ at }, index): Failure => ({ scene: scene.name, at, errno, how: index % 2 === 0 ? 'once' : 'on' }),
	);
	return failures.map((failure, index) => trialOf(scene, failure, index % NEXT_EVERY === 0));
}

async function runAlone(name: string, lanes: readonly Lane[]): Promise<readonly Row[]> {
	const failure = failureOf(name);
	const scene = await setScene(failure.scene, lanes.slice(0, 1));
	const ended = await sweep('errors', name, [trialOf(scene, failure, true)], lanes.slice(0, 1));
	return [rowOf({ fault: name, during: DURING[failure.scene], points: 1, note: '' }, ended)];
}

/** `update:123:EIO:once`. */
function nameOf({ scene, at, errno, how }: Failure): string {
	return `${scene}:${at}:${errno}:${how}`;
}

function failureOf(name: string): Failure {
	const [, scene, at, errno, how] = /^(update|rollback|failing):(\d+):([A-Z]+):(once|on)$/.exec(name) ?? [];
	const known = ERRNOS.find((one) => one === errno);
	if (scene === undefined || known === undefined)
		throw new Error(`${name} names no trial: update:123:EIO:once`);
	// The pattern lets nothing else through.
	return { scene: scene as SceneName, at: Number(at), errno: known, how: how as Failure['how'] };
}

function trialOf(scene: Scene, failure: Failure, withNext: boolean): NamedTrial {
	const point = scene.points[failure.at - 1];
	return {
		name: nameOf(failure),
		about: `${point?.step}, ${point?.call}`,
		run: (lane) => runTrial(scene, failure, withNext, lane),
	};
}

async function runTrial(
	scene: Scene,
	{ at, errno, how }: Failure,
	withNext: boolean,
	lane: Lane,
): Promise<TrialEnd> {
	lane.putBack(scene.name);
	const { box } = lane;
	const was = before(box);
	const held = acknowledged(box);
	const fault: Fault = { kind: 'error', at, errno, how };
	const hit = await lane.updater(scene.verb, scene.payload, fault);
	const wrong = [...judgeExit(box, scene, hit)];
	let last = await lane.recover();
	const recovery = last?.milliseconds ?? null;
	if (needsOperator(box)) {
		// The disk was gone while the old release was put back: that is for a person, who has one command to
		// give.
		if (how === 'once') wrong.push('one call that failed once needs an operator');
		last = await lane.updater('rollback', '');
		if (last.code !== 0) wrong.push(`the rollback by hand ended with ${last.code}: ${last.stderr}`);
		wrong.push(...judge(box, scene, was, last, 'by hand'));
	} else wrong.push(...judge(box, scene, was, last, 'by itself'));
	const lost = lostBytes(box, held);
	if (wrong.length === 0 && (withNext || leftToTheNext(box).length > 0))
		wrong.push(...judgeNext(box, scene, await lane.updater('update', wishFor(NEXT))));
	return { wrong, recovery, lost, calls: callsAround(hit.calls, at), reached: hit.reached };
}
