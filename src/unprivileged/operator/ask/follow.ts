/** Rings for a change and follows it to its end: what `update` and `rollback` wait for. */

import { type Problem, problem } from '../../../model/base/error.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { SignalName, SignalReport, Stamp } from '../../../model/signal/signal.ts';
import { isInProgress } from '../../../model/status/published.ts';
import { processLives } from '../../../system/process/group.ts';
import { karenSilent, readReport, ring, waitEnded, waitHeard } from '../../../system/signal-client.ts';
import { type ProgressLine, progressOn } from '../../../terminal/progress.ts';
import type { World } from '../../../terminal/world.ts';
import type { PublicLayout } from '../located-root.ts';
import { readChange, runningKaren } from '../statuses.ts';

/** karen answers within milliseconds; beyond these nobody is there. */
export const HEARD_WITHIN = 5000;
/** The exit code of a command that was left with Ctrl-C, as shells have it. */
export const LEFT = 130;
const LOOK = 150;
/** A hook may stop karen and start the new one, and a box may start again; without either for this long nobody goes on. */
const PATIENCE = 90_000;

export type Followed =
	| { readonly kind: 'ended'; readonly report: SignalReport; readonly change: ChangeStatus | undefined }
	/** The person who asked went away; the change goes on. */
	| { readonly kind: 'left' };

/** A touch that asks for a change, and what stood in change.json before it. */
export interface Asked {
	readonly name: SignalName;
	readonly stamp: Stamp;
	readonly before: string;
}

/** Rings, and follows the change that comes of it to its end. Throws `karen-silent`. */
export function ringAndFollow(
	layout: PublicLayout,
	name: SignalName,
	payload: string,
	world: World,
): Promise<Followed> {
	const before = presentChange(layout);
	return followChange(layout, { name, before, stamp: ring(layout, name, payload) }, world);
}

/**
 * Waits until karen has heard, and shows the change's progress until it ends. `change` of the result is the last one that
 * began after `before` was taken, undefined when none did. Throws `karen-silent`.
 */
export async function followChange(
	layout: PublicLayout,
	{ name, stamp, before }: Asked,
	world: World,
): Promise<Followed> {
	const fresh = () => (presentChange(layout) === before ? undefined : readChange(layout));
	const heard = await waitHeard(layout, name, stamp, world.clock, HEARD_WITHIN, world.interrupted);
	if (world.interrupted.aborted) return { kind: 'left' };
	if (heard === undefined) throw karenSilent(name, HEARD_WITHIN);
	const line = progressOn(world.err);
	const nobody = makePatience(layout, name, world);
	try {
		for (;;) {
			const report = await waitEnded(layout, name, stamp, world.clock, LOOK, world.interrupted);
			const change = fresh();
			if (report !== undefined && !goesOn(report, change)) return { kind: 'ended', report, change };
			if (world.interrupted.aborted) return { kind: 'left' };
			if (nobody.forLong()) throw karenGone(name);
			show(line, change);
			if (report !== undefined) await world.clock.sleep(LOOK, world.interrupted);
		}
	} finally {
		line.clear();
	}
}

/** Tells the change that is published now from others; refusals are told by their time. */
export function presentChange(layout: PublicLayout): string {
	const change = readChange(layout);
	return change === undefined ? '' : `${change.change} ${change.startedAt}`;
}

/** A karen that was restarted knows no end of the run; then the change itself tells, and it may be resumed first. */
function goesOn(report: SignalReport, change: ChangeStatus | undefined): boolean {
	return report.state === 'lost' && change !== undefined && isInProgress(change);
}

function show(line: ProgressLine, change: ChangeStatus | undefined): void {
	if (change === undefined) {
		line.show(1, 'waiting for the updater');
		return;
	}
	const goal = change.goal.replace(/^v/, '');
	const way = goal === change.to || goal === '' ? change.to : `${change.to} on the way to ${goal}`;
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
		`cannot follow the ${name} any longer: neither karen nor the updater runs`,
		'start karen: it takes the change up where it was cut off; signalbox status shows it',
		{ retry: 'later', facts: { signal: name } },
	);
}
