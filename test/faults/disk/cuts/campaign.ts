/**
 * One scenario on one set of mount options: recorded once, cut at many points, judged by two processes at a
 * time.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apart } from '../apart.ts';
import type { OptionSet } from '../mounting.ts';
import { openRecording } from '../recording.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Judged } from '../scenarios/worker.ts';
import { type CutPoint, choosePoints, spellPoint } from './cut-point.ts';

/** How many processes judge at a time. */
const WORKERS = 2;

export interface Campaign {
	readonly scenario: Scenario;
	readonly options: OptionSet;
	/** How many cuts; all that there are, if fewer. */
	readonly cuts: number;
	readonly seed: number;
	/** `wrong`: a recording with a wrong end is kept. `nothing`: wrong ends are what is wanted here. */
	readonly keep: 'wrong' | 'nothing';
}

export interface CampaignEnd {
	/** Cut points that there are. */
	readonly points: number;
	readonly judged: readonly Judged[];
	/** Where the recording lies, if it was kept. */
	readonly kept: string | undefined;
}

/** What campaigns work with: a directory in memory, and the recording disk. */
export interface Workshop {
	readonly dir: string;
	readonly blklog: string;
}

/** Records and judges. `onJudged` hears of each point at once. */
export async function runCampaign(
	campaign: Campaign,
	workshop: Workshop,
	onJudged: (judged: Judged, of: number) => void,
): Promise<CampaignEnd> {
	const { scenario, options, cuts, seed, keep } = campaign;
	const dir = mkdtempSync(join(workshop.dir, 'recording-'));
	chmodSync(dir, 0o711);
	try {
		await apart(['scenarios/recorder.ts', scenario.name, options, dir, workshop.blklog], () => undefined);
		const { events } = openRecording(dir);
		const chosen = choosePoints(events, cuts, seed);
		const judged = await judgePoints(dir, chosen, (one) => onJudged(one, chosen.length));
		const isKept = keep === 'wrong' && judged.some(({ wrong }) => wrong.length > 0);
		const points = choosePoints(events, Number.POSITIVE_INFINITY, seed).length;
		return { points, judged, kept: isKept ? keepRecording(dir, scenario.name) : undefined };
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

/** Copies a recording to where it stays, and returns that. */
function keepRecording(dir: string, name: string): string {
	const kept = join(mkdtempSync(join(tmpdir(), `signalbox-cut-${name}-`)), 'recording');
	execFileSync('cp', ['-a', '--sparse=always', dir, kept]);
	return kept;
}

/** Judges points of a recording that was made; returns the verdicts in the order they came. */
export async function judgePoints(
	dir: string,
	points: readonly CutPoint[],
	onJudged: (judged: Judged) => void,
): Promise<readonly Judged[]> {
	const judged: Judged[] = [];
	const shares = Array.from({ length: WORKERS }, (_, worker) =>
		points.filter((_, index) => index % WORKERS === worker).map(spellPoint),
	);
	const work = shares.map(async (share, worker) => {
		if (share.length === 0) return;
		await apart(['scenarios/worker.ts', String(worker), dir, ...share], (line) => {
			const one = JSON.parse(line) as Judged;
			judged.push(one);
			onJudged(one);
		});
	});
	await Promise.all(work);
	if (judged.length !== points.length)
		throw new Error(`${points.length} points were to be judged, and ${judged.length} were`);
	return judged;
}
