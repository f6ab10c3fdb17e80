import type { ErrorRecord } from '../../../model/base/error.ts';
import { EXIT, exitCodeOf } from '../../../model/base/error-codes.ts';
import { parseSignalName, type SignalName, type SignalReport } from '../../../model/signal/signal.ts';
import { karenSilent, sendSignal, waitAdmitted, waitEnded } from '../../../system/signal-client.ts';
import { plain, printError, printJson, printRows } from '../../../terminal/print.ts';
import { isGiven, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { HEARD_WITHIN } from '../ask/follow.ts';
import { publicLayout } from '../located-root.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface SignalOptions extends Common {
	readonly name: SignalName;
	readonly payload: string;
	readonly until: 'heard' | 'ended';
}

/** Milliseconds to wait for a trigger; longer than any default time limit of a trigger. */
const LONGEST = 12 * 3_600_000;

/** `signalbox signal`: sends any signal. */
export const signal: Subcommand<SignalOptions> = {
	name: 'signal',
	summary: 'send a signal to karen and print the result',
	args: [
		['<name>', 'the signal, which is also the name of its trigger'],
		['[payload]', 'text for the trigger, at most 64 KB'],
	],
	options: [['--wait', 'wait until the trigger has ended']],
	examples: [
		{
			line: 'signalbox signal app-restart-lightning --wait',
			what: 'run the trigger app with the argument restart-lightning, and wait',
		},
		{
			line: `signalbox signal update '{"updateTo": "v1.2.3"}'`,
			what: 'the signal that signalbox update --to v1.2.3 sends',
		},
	],
	parse(given, common) {
		const [written = '', payload = ''] = given.args;
		const name = parseSignalName(written);
		if (name === undefined)
			throw usage(
				`cannot send ${JSON.stringify(written)}: it is not the name of a signal`,
				'use at most 100 letters, digits, - _ and .',
			);
		return { ...common, name, payload, until: isGiven(given, 'wait') === 'yes' ? 'ended' : 'heard' };
	},
	async run(options, world) {
		const layout = publicLayout(options, world);
		const stamp = sendSignal(layout, options.name, options.payload);
		const heard = await waitAdmitted(
			layout,
			options.name,
			stamp,
			world.clock,
			HEARD_WITHIN,
			world.interrupted,
		);
		if (heard === undefined) throw karenSilent(options.name, HEARD_WITHIN);
		const ended =
			options.until === 'heard'
				? undefined
				: await waitEnded(layout, options.name, stamp, world.clock, LONGEST, world.interrupted);
		return printReport(ended ?? heard, options.output, world);
	},
};

function printReport(report: SignalReport, output: Common['output'], world: World): number {
	const { error } = report;
	if (output === 'json') printJson(world.out, { ...(error === null ? {} : { error }), report });
	else {
		printRows(world.out, rowsOf(report));
		if (error !== null) printError(world.err, error);
	}
	return error === null ? EXIT.done : exitOf(error);
}

function exitOf(error: ErrorRecord): number {
	return exitCodeOf(error.code);
}

function rowsOf(report: SignalReport): readonly (readonly [string, string | undefined])[] {
	return [
		['signal', report.name],
		['state', report.state],
		['run', report.run === '' ? undefined : report.run],
		['started', report.startedAt ?? undefined],
		['ended', report.endedAt ?? undefined],
		['exit code', report.exitCode === null ? undefined : String(report.exitCode)],
		['output', report.output === '' ? undefined : `\n${plain(report.output).trimEnd()}`],
	];
}
