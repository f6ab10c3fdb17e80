import type { Available } from '../../../model/release/plan.ts';
import { oneLine, printError, printJson, printRows, warnUnsigned } from '../../../terminal/print.ts';
import type { World } from '../../../terminal/world.ts';
import { exitOfPlan, lookForUpdates } from '../ask/check-plan.ts';
import { describeFreshness, warnStale } from '../print/freshness.ts';
import { spaceRows, warnLackOfSpace } from '../print/space.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** `signalbox check`: the path to the newest release, or why there is none. */
export const check: Subcommand<Common> = {
	name: 'check',
	summary: 'check for updates: show the installed and the newest release and the path, or why there is none',
	args: [],
	options: [],
	examples: [
		{ line: 'signalbox check', what: 'check now; exit code 0 if there is a path or nothing to do' },
		{
			line: "signalbox check --json | jq -r '.path[].tag'",
			what: 'the tags on the path to the newest release, in order',
		},
	],
	parse: (_given, common) => common,
	async run(options, world) {
		const plan = await lookForUpdates(options, world);
		warnUnsigned(world.err, plan.trust);
		warnStale(world.err, plan.news, world.clock.now());
		if (options.output === 'json') printJson(world.out, jsonOf(plan));
		else printPlan(plan, world);
		return exitOfPlan(plan);
	},
};

/** The four keys of design §6 first; later keys may be added. */
function jsonOf({ installed, newest, path, reason, ...further }: Available): object {
	return { installed, newest, path, reason, ...further };
}

function printPlan(plan: Available, world: World): void {
	printRows(world.out, [
		['installed', plan.installed],
		['newest', plan.newest ?? 'unknown'],
		['freshness', describeFreshness(plan, world.clock.now())],
		...plan.path.map((hop, index) => [`step ${index + 1}`, lineOf(hop)] as const),
		...spaceRows(plan.space),
	]);
	if (plan.space !== null) warnLackOfSpace(world.err, plan.space);
	if (plan.reason !== null) printError(world.err, plan.reason);
}

function lineOf({ tag, info }: Available['path'][number]): string {
	const name = typeof info['name'] === 'string' ? info['name'] : '';
	const notes = typeof info['notes'] === 'string' ? (info['notes'].split('\n')[0] ?? '') : '';
	return [tag, oneLine(name), oneLine(notes).slice(0, 80)].filter((text) => text !== '').join('  ');
}
