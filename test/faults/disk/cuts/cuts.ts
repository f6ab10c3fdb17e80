/**
 * The suite of power cuts: `npm run faults -- cuts [SCENARIO…] [defaults|strict]`. First the broken writers,
 * which have to be caught; then ours, on both sets of mount options. `--at RECORDING:POINT` judges one point
 * of a kept recording again.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { type Row, rowOf } from '../../result.ts';
import type { Effort, Suite } from '../../suite.ts';
import { withMemory } from '../apart.ts';
import { journal, ledger } from '../logs.ts';
import { OPTION_SETS, type OptionSet } from '../mounting.ts';
import { compileDisk, openRecording } from '../recording.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { recovery, rollback, update } from '../scenarios/whole-change.ts';
import type { Judged } from '../scenarios/worker.ts';
import { brokenWriters, durableReplace } from '../scenarios/writers.ts';
import { type Campaign, type CampaignEnd, judgePoints, runCampaign, type Workshop } from './campaign.ts';
import { parsePoint } from './cut-point.ts';

/** How many cuts each gets: in a full run, and in CI. */
const CUTS: readonly { readonly scenario: Scenario; readonly full: number; readonly bounded: number }[] = [
	{ scenario: durableReplace, full: 120, bounded: 16 },
	{ scenario: journal, full: 120, bounded: 16 },
	{ scenario: ledger, full: 60, bounded: 10 },
	{ scenario: update, full: 200, bounded: 6 },
	{ scenario: rollback, full: 100, bounded: 4 },
	{ scenario: recovery, full: 60, bounded: 4 },
];

/** A broken writer is caught within so many cuts, or the harness is. */
const TO_CATCH: Readonly<Record<Effort['kind'], number>> = { full: 60, bounded: 20 };

const ALL_OPTIONS = Object.keys(OPTION_SETS) as readonly OptionSet[];

export const cuts: Suite = {
	name: 'cuts',
	run: (effort) =>
		effort.at === undefined
			? withMemory((dir) => runAll(effort, { dir, blklog: compileDisk(dir) }))
			: replay(effort.at),
};

async function runAll(effort: Effort, workshop: Workshop): Promise<readonly Row[]> {
	const isWanted = (name: string, among: readonly string[]) =>
		!effort.only.some((word) => among.includes(word)) || effort.only.includes(name);
	const names = [...brokenWriters, ...CUTS.map(({ scenario }) => scenario)].map(({ name }) => name);
	const rows: Row[] = [];
	for (const options of ALL_OPTIONS.filter((one) => isWanted(one, ALL_OPTIONS))) {
		for (const scenario of brokenWriters.filter(({ name }) => isWanted(name, names)))
			rows.push(await prove(scenario, options, effort, workshop));
		for (const one of CUTS.filter(({ scenario }) => isWanted(scenario.name, names)))
			rows.push(
				await cutAll(one.scenario, options, effort.trials ?? one[effort.kind], effort.seed, workshop),
			);
	}
	return rows;
}

async function cutAll(
	scenario: Scenario,
	options: OptionSet,
	cuts: number,
	seed: number,
	workshop: Workshop,
): Promise<Row> {
	const end = await runCampaign(
		{ scenario, options, cuts, seed, keep: 'wrong' },
		workshop,
		tellAs(scenario, options),
	);
	tellWrong(end);
	const torn = end.judged.filter(({ point }) => point.includes('~')).length;
	const note = [
		`in ${torn} of them unsynced writes were lost`,
		...(scenario.note === '' ? [] : [scenario.note]),
	].join('; ');
	return rowOf({ ...headOf(scenario, options, end), note }, end.judged);
}

/** An uncaught failure of the writer is an error of the harness itself. */
async function prove(
	scenario: Scenario,
	options: OptionSet,
	{ kind, seed }: Effort,
	workshop: Workshop,
): Promise<Row> {
	const campaign: Campaign = { scenario, options, cuts: TO_CATCH[kind], seed, keep: 'nothing' };
	const end = await runCampaign(campaign, workshop, tellAs(scenario, options));
	const caught = end.judged.filter(({ wrong }) => wrong.length > 0);
	process.stdout.write(
		`   caught at ${caught.length} of ${end.judged.length} points: ${caught[0]?.wrong[0] ?? 'never'}\n`,
	);
	const trial = {
		wrong: caught.length > 0 ? [] : ['the harness does not catch it'],
		recovery: null,
		lost: 0,
	};
	const note = `broken on purpose, to try the harness: caught at ${caught.length} of ${end.judged.length} points`;
	return rowOf({ ...headOf(scenario, options, end), note }, [trial]);
}

function headOf(scenario: Scenario, options: OptionSet, { points }: CampaignEnd) {
	return { fault: `power cut, ext4 ${OPTION_SETS[options]}`, during: scenario.during, points };
}

/** Tells of each point in one line that grows, so that people see that it goes on. */
function tellAs(scenario: Scenario, options: OptionSet): (judged: Judged, of: number) => void {
	process.stdout.write(`-- ${scenario.during}, ${OPTION_SETS[options]}\n`);
	let done = 0;
	return (_, of) => {
		done += 1;
		if (done % 20 === 0 || done === of) process.stdout.write(`   ${done} of ${of}\n`);
	};
}

function tellWrong({ judged, kept }: CampaignEnd): void {
	for (const one of judged.filter(({ wrong }) => wrong.length > 0)) {
		const alone = kept === undefined ? [] : [`alone: npm run faults -- cuts --at ${kept}:${one.point}`];
		const lines = [`wrong end at ${one.point}:`, ...one.wrong, 'the log there:', ...one.around, ...alone];
		process.stdout.write(`${lines.join('\n      ')}\n`);
	}
}

/** `RECORDING:POINT`, as a wrong end names it. */
async function replay(name: string): Promise<readonly Row[]> {
	const [, dir = '', text = ''] = /^(.+):([^:]+)$/.exec(name) ?? [];
	const point = parsePoint(text);
	if (point === undefined || !existsSync(dir))
		throw new Error(`${name} names no trial: RECORDING:POINT, as a wrong end does`);
	const { mountedAt, options } = openRecording(dir);
	const made = mkdirSync(mountedAt, { recursive: true });
	try {
		const judged = await judgePoints(dir, [point], () => undefined);
		tellWrong({ points: 1, judged, kept: dir });
		return [
			rowOf(
				{ fault: `power cut, ext4 ${OPTION_SETS[options]}`, during: 'one point', points: 1, note: '' },
				judged,
			),
		];
	} finally {
		if (made !== undefined) rmSync(made, { recursive: true });
	}
}
