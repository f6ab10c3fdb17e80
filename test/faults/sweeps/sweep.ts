/**
 * Runs many trials on a few lanes at once, tells how far it is, and prints every wrong end with all that is
 * needed to look at it.
 */
import type { Lane } from '../lane.ts';
import type { Trial } from '../result.ts';

export interface NamedTrial {
	/** What one gives `--at` to run it alone. */
	readonly name: string;
	/** What a reader wants to know besides: the step and the call. */
	readonly about: string;
	run(lane: Lane): Promise<TrialEnd>;
}

export interface TrialEnd extends Trial {
	/** Lines of the call log around the fault. */
	readonly calls: readonly string[];
	/** Whether the fault was reached; a trial that was not broken is none. */
	readonly reached: boolean;
}

/** Runs the trials and returns those that reached their fault. */
export async function sweep(
	suite: string,
	what: string,
	trials: readonly NamedTrial[],
	lanes: readonly Lane[],
): Promise<readonly Trial[]> {
	const waiting = [...trials];
	const ended: TrialEnd[] = [];
	const began = performance.now();
	const work = async (lane: Lane) => {
		for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
			const end = await runOne(trial, lane);
			if (!end.reached) continue;
			ended.push(end);
			if (end.wrong.length > 0) process.stdout.write(complaint(suite, trial, end));
			if (ended.length % 20 === 0) tell(what, ended, trials.length, performance.now() - began);
		}
	};
	await Promise.all(lanes.map(work));
	return ended;
}

async function runOne(trial: NamedTrial, lane: Lane): Promise<TrialEnd> {
	try {
		return await trial.run(lane);
	} catch (thrown) {
		const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
		return { wrong: [`the trial itself broke: ${why}`], recovery: null, lost: 0, calls: [], reached: true };
	}
}

function tell(what: string, ended: readonly Trial[], all: number, milliseconds: number): void {
	const wrong = ended.filter((one) => one.wrong.length > 0).length;
	process.stdout.write(
		`   ${what}: ${ended.length} of ${all}, ${wrong} wrong, ${Math.round(milliseconds / 1000)} s\n`,
	);
}

function complaint(suite: string, trial: NamedTrial, end: TrialEnd): string {
	const indented = (lines: readonly string[]) =>
		lines.flatMap((line) => line.split('\n')).map((line) => `      ${line}\n`);
	return [
		`   WRONG ${trial.name} (${trial.about})\n`,
		...indented(end.wrong),
		'      the calls around it:\n',
		...indented(end.calls.map((line) => `  ${line}`)),
		`      alone: npm run faults -- ${suite} --at ${trial.name}\n`,
	].join('');
}

/** Returns the lines around call number `at`. */
export function callsAround(calls: readonly string[], at: number): readonly string[] {
	return calls.slice(Math.max(0, at - 4), at + 2);
}
