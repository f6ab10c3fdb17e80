/** Sends a signal for a change and follows the change to its end, for `update` and `rollback`. */

import { type Problem, problem } from '../../../model/base/error.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { SignalName, SignalReport, Stamp } from '../../../model/signal/signal.ts';
import { isInProgress } from '../../../model/status/published.ts';
import { processLives } from '../../../system/process/group.ts';
import {
	karenSilent,
	readReport,
	sendSignal,
	waitAdmitted,
	waitEnded,
} from '../../../system/signal-client.ts';
import { type ProgressLine, progressOn } from '../../../terminal/progress.ts';
import type { World } from '../../../terminal/world.ts';
import type { PublicLayout } from '../located-root.ts';
import { readChange, runningKaren } from '../statuses.ts';

/** Milliseconds until karen must have answered; she usually needs a few. */
export const HEARD_WITHIN = 5000;
/** The exit code after Ctrl-C, as in shells. */
export const LEFT = 130;
const LOOK = 150;
/** Milliseconds to wait without karen and updater. Hooks may restart karen, and a box may reboot. */
const PATIENCE = 90_000;

export type Followed =
	| { readonly kind: 'ended'; readonly report: SignalReport; readonly change: ChangeStatus | undefined }
	/** The user pressed Ctrl-C; the change continues. */
	| { readonly kind: 'left' };

/** A touch that requests a change, and the change published before it. */
export interface Asked {
	readonly name: SignalName;
	readonly stamp: Stamp;
	readonly before: string;
}

/** Sends the signal and follows the resulting change to its end. Throws `karen-silent`. */
export function signalAndFollow(
	layout: PublicLayout,
	name: SignalName,
	payload: string,
	world: World,
): Promise<Followed> {
	const before = presentChange(layout);
	return followChange(layout, { name, before, stamp: sendSignal(layout, name, payload) }, world);
}

/**
 * Waits until karen has seen the signal, and shows the change's progress until it ends. `change` of the
 * result is the last one that began after `before` was taken, or undefined. Throws `karen-silent`.
 */
export async function followChange(
	layout: PublicLayout,
	{ name, stamp, before }: Asked,
	world: World,
): Promise<Followed> {
	const fresh = () => (presentChange(layout) === before ? undefined : readChange(layout));
	const heard = await waitAdmitted(layout, name, stamp, world.clock, HEARD_WITHIN, world.interrupted);
	if (world.interrupted.aborted) return { kind: 'left' };
	if (heard === undefined) throw karenSilent(name, HEARD_WITHIN);
	const line = progressOn(world.err);
	const absence = makePatience(layout, name, world);
	try {
		for (;;) {
			const report = await waitEnded(layout, name, stamp, world.clock, LOOK, world.interrupted);
			const change = fresh();
			if (report !== undefined && !goesOn(report, change)) return { kind: 'ended', report, change };
			if (world.interrupted.aborted) return { kind: 'left' };
			if (absence.forLong()) throw karenGone(name);
			show(line, change);
			if (report !== undefined) await world.clock.sleep(LOOK, world.interrupted);
		}
	} finally {
		line.clear();
	}
}

/** Returns a text that identifies the published change; the time tells refusals apart, which have no id. */
export function presentChange(layout: PublicLayout): string {
	const change = readChange(layout);
	return change === undefined ? '' : `${change.change} ${change.startedAt}`;
}

/** A restarted karen reports a run as lost; the change itself may still be resumed. */
function goesOn(report: SignalReport, change: ChangeStatus | undefined): boolean {
	return report.state === 'lost' && change !== undefined && isInProgress(change);
}

function show(line: ProgressLine, change: ChangeStatus | undefined): void {
	if (change === undefined) {
		line.show(1, 'Waiting for the updater');
		return;
	}
	const goal = change.goal.replace(/^v/, '');
	const way = goal === change.to || goal === '' ? change.to : `${change.to} (step to ${goal})`;
	line.show(change.progress, `${way}: ${change.description}`);
}

function makePatience(layout: PublicLayout, name: SignalName, world: World) {
	let seen = world.clock.monotonic();
	return {
		forLong(): boolean {
			const mark = readReport(layout, name)?.process ?? null;
			if (runningKaren(layout) !== undefined || (mark !== null && processLives(mark)))
				seen = world.clock.monotonic();
			return world.clock.monotonic() - seen > PATIENCE;
		},
	};
}

function karenGone(name: string): Problem {
	return problem(
		'karen-silent',
		`cannot follow the ${name}: neither karen nor the updater runs`,
		'start karen, who resumes the change; signalbox status shows it',
		{ retry: 'later', facts: { signal: name } },
	);
}
