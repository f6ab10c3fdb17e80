import type { CommandProgram } from '../terminal/command-line.ts';
import { bind, isGiven, textOf, usage } from '../terminal/subcommand.ts';
import { demo as listed } from '../unprivileged/operator/commands/demo.ts';
import { kindOf } from '../unprivileged/operator/source-kind.ts';
import { type Common, SIGNALBOX_COMMAND, type Subcommand } from '../unprivileged/operator/subcommand.ts';
import { type DemoOptions, runDemo } from './run-demo.ts';

/** `signalbox demo`: a complete system in a temporary root. */
export const demo: Subcommand<DemoOptions> = {
	name: 'demo',
	summary: listed.summary,
	args: [],
	options: [
		['--keep', 'keep the box running at the end, until Ctrl-C'],
		[
			'--kind <kind>',
			'transport of the releases: directory (no network), publisher (a web server) or git; default: directory',
		],
		['--port <n>', 'port of the manager; default: a free port, chosen by the kernel'],
	],
	examples: [
		{
			line: 'signalbox demo',
			what: 'takes a few seconds, in a temporary directory that is removed at the end',
		},
		{ line: 'signalbox demo --kind git', what: 'the same with a git host, which moves a tag' },
		{
			line: 'signalbox demo --keep --port 3006',
			what: 'afterwards the box runs until Ctrl-C, for you to try',
		},
	],
	parse(given, common) {
		const written = textOf(given, 'port') ?? '0';
		const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN;
		if (!(port <= 65_535))
			throw usage(
				`cannot use ${JSON.stringify(written)} as --port`,
				'name a number from 1 to 65535, or leave the option out',
			);
		return {
			...common,
			afterwards: isGiven(given, 'keep') === 'yes' ? 'keep' : 'clean up',
			kind: kindOf(given) ?? 'directory',
			port,
		};
	},
	run: runDemo,
};

/** The `signalbox` command with the subcommand demo alone. */
export const DEMO: CommandProgram<Common> = { ...SIGNALBOX_COMMAND, subcommands: [bind(demo)] };
