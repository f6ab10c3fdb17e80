import { formatSize } from '../../../model/base/units.ts';
import {
	type DataChoice,
	DEFAULT_DATA,
	parseDataChoice,
	type RollbackPreview,
} from '../../../model/change/rollback-preview.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import { endWithError, oneLine, printLine, printRows } from '../../../terminal/print.ts';
import { isGiven, textOf, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { signalAndFollow } from '../ask/follow.ts';
import { askRollbackPreview } from '../ask/rollback-preview.ts';
import { publicLayout } from '../located-root.ts';
import { endedBefore, endOfChange } from '../print/end-of-change.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface RollbackOptions extends Common {
	readonly consent: 'given' | 'asked for';
	/** Undefined: asked for at the terminal, or the default with --yes. */
	readonly data: DataChoice | undefined;
}

/** `signalbox rollback`: restores the previous release, with or without its data. */
export const rollback: Subcommand<RollbackOptions> = {
	name: 'rollback',
	summary: 'restore the release that was installed before',
	args: [],
	options: [
		['--data <choice>', 'restore: data as of the backup (default); keep: data as it is now'],
		['--yes', 'do not ask for confirmation'],
	],
	examples: [
		{ line: 'signalbox rollback', what: 'show what it would do, ask, roll back, and follow it to its end' },
		{
			line: 'signalbox rollback --data keep --yes --json',
			what: 'from a script, with the data as it is now',
		},
	],
	parse(given, common) {
		const written = textOf(given, 'data');
		const data = parseDataChoice(written);
		if (written !== undefined && data === undefined)
			throw usage(
				`cannot use ${JSON.stringify(written)} as --data`,
				'use restore (data as of the backup) or keep (data as it is now)',
			);
		return { ...common, consent: isGiven(given, 'yes') === 'yes' ? 'given' : 'asked for', data };
	},
	async run(options, world) {
		const layout = publicLayout(options, world);
		const way = await askRollbackPreview(options, world);
		if (way !== undefined) printPreview(way, world);
		if (way?.refused.restore && way.refused.keep)
			return endWithError(way.refused.restore, options.output, world);
		const data = await choose(options, way, world);
		const refusal = way?.refused[data] ?? null;
		if (refusal !== null) return endWithError(refusal, options.output, world);
		const before = endedBefore(layout);
		const followed = await signalAndFollow(layout, 'rollback' as SignalName, JSON.stringify({ data }), world);
		return endOfChange(followed, layout, before, options.output, world);
	},
};

function printPreview(way: RollbackPreview, world: World): void {
	const { count, paths } = way.written;
	printRows(world.err, [
		['rollback', `${way.from} to ${way.to}`],
		['backup', `of ${way.at}, ${formatSize(way.bytes)}`],
		[
			'data in it',
			way.data.length === 0
				? 'none: install.data is empty'
				: way.data.map((path) => oneLine(path)).join(', '),
		],
		[
			'since then',
			count === 0
				? 'nothing was written that restoring would lose'
				: `restoring loses changes in ${count} ${count === 1 ? 'path' : 'paths'}:`,
		],
	]);
	for (const path of paths) printLine(world.err, `  ${oneLine(path)}`);
	if (count > paths.length) printLine(world.err, `  … and ${count - paths.length} more`);
	for (const choice of ['restore', 'keep'] as const) {
		const refusal = way.refused[choice];
		if (refusal !== null) printLine(world.err, `${choice} is refused: ${oneLine(refusal.message)}`);
	}
}

async function choose(
	{ consent, data }: RollbackOptions,
	way: RollbackPreview | undefined,
	world: World,
): Promise<DataChoice> {
	if (consent === 'given') return data ?? DEFAULT_DATA;
	if (data !== undefined) return await askConsent(data, way, world);
	const answer = await ask(
		'Roll back with the data of the backup (restore) or as it is now (keep)? [restore/keep/N] ',
		world,
	);
	const choice = parseDataChoice(answer.trim().toLowerCase());
	if (choice === undefined)
		throw usage(
			'nothing was done: the answer was neither restore nor keep',
			'answer one of them, or use --data',
		);
	return choice;
}

async function askConsent(
	data: DataChoice,
	way: RollbackPreview | undefined,
	world: World,
): Promise<DataChoice> {
	const to = way === undefined ? 'the previous release' : way.to;
	const answer = await ask(
		`Roll back to ${to}, with the data ${data === 'restore' ? 'of the backup' : 'as it is now'}? [y/N] `,
		world,
	);
	if (!/^y(es)?$/i.test(answer.trim()))
		throw usage('nothing was done: the answer was not yes', 'answer y, or use --yes');
	return data;
}

async function ask(question: string, world: World): Promise<string> {
	const answer = await world.ask(question);
	if (answer === undefined) throw usage('cannot ask for confirmation: there is no terminal', 'use --yes');
	return answer;
}
