import { type ClockSense, clockSenseAt } from '../../../model/base/earliest-time.ts';
import { EXIT } from '../../../model/base/error-codes.ts';
import type { ChangeStatus } from '../../../model/change/change.ts';
import type { InfoJson } from '../../../model/release/info.ts';
import type { Available } from '../../../model/release/plan.ts';
import { isInProgress, type KarenStatus } from '../../../model/status/published.ts';
import type { ReadStatus } from '../../../model/status/status.ts';
import { oneLine, printJson, printRows, warnUnsigned } from '../../../terminal/print.ts';
import { type PublicLayout, publicLayout } from '../located-root.ts';
import { describeFreshness, warnStale } from '../print/freshness.ts';
import { readAvailable, readChange, readInfo, readUpdateStatus, runningKaren } from '../statuses.ts';
import type { Common, Subcommand } from '../subcommand.ts';

/** What `status --json` prints. */
interface Picture {
	readonly root: string;
	readonly installed: string;
	readonly name: string;
	/** `idle`, the state of the running change, or `needs-attention`. */
	readonly state: string;
	readonly trust: string;
	/** `not-set`: the clock of this machine is wrong, and so are all times shown. */
	readonly clock: ClockSense;
	readonly karen: KarenStatus | null;
	/** The running change, or the last one. */
	readonly change: ChangeStatus | null;
	readonly available: Available | null;
	/** update-status.json, as older dashboards show it. */
	readonly updateStatus: ReadStatus['raw'] | null;
}

/** `signalbox status`: the state of the box. */
export const status: Subcommand<Common> = {
	name: 'status',
	summary: 'show the installed release, the running change, and whether karen runs',
	args: [],
	options: [],
	examples: [
		{ line: 'signalbox status', what: 'the box of the current directory' },
		{ line: 'signalbox --root /citadel status --json | jq -r .state', what: 'one word for a script' },
	],
	parse: (_given, common) => common,
	async run(options, world) {
		const now = world.clock.now();
		const picture = pictureOf(publicLayout(options, world), now);
		warnUnsigned(world.err, picture.trust);
		warnStale(world.err, picture.available?.news ?? null, now);
		if (options.output === 'json') printJson(world.out, picture);
		else printRows(world.out, rowsOf(picture, now));
		return EXIT.done;
	},
};

function pictureOf(layout: PublicLayout, now: number): Picture {
	const info: InfoJson = readInfo(layout);
	const change = readChange(layout);
	const available = readAvailable(layout);
	return {
		root: layout.root,
		installed: info.version,
		name: info.name,
		state: stateOf(change),
		trust: change?.trust || available?.trust || '',
		clock: clockSenseAt(now),
		karen: runningKaren(layout) ?? null,
		change: change ?? null,
		available: available ?? null,
		updateStatus: readUpdateStatus(layout)?.raw ?? null,
	};
}

function stateOf(change: ChangeStatus | undefined): string {
	if (change === undefined) return 'idle';
	return isInProgress(change) || change.state === 'needs-attention' ? change.state : 'idle';
}

function rowsOf(picture: Picture, now: number): readonly (readonly [string, string | undefined])[] {
	const { change, karen, available } = picture;
	const busy = change !== null && isInProgress(change);
	return [
		['root', picture.root],
		['installed', `${picture.installed}${picture.name === '' ? '' : ` (${oneLine(picture.name)})`}`],
		['root says', available === null ? undefined : doubtOf(available, picture)],
		['state', picture.state],
		[busy ? 'change' : 'last change', change === null ? 'none' : sentenceOf(change)],
		['progress', busy ? `${change.progress} %: ${oneLine(change.description)}` : undefined],
		[
			'why',
			busy || change === null || change.error === null
				? undefined
				: `${oneLine(change.error.message)} [${change.error.code}]`,
		],
		...troubleRows(change),
		['next', change === null || change.next === '' ? undefined : oneLine(change.next)],
		['newest', available === null ? undefined : newestOf(available, picture.installed)],
		['freshness', available === null ? undefined : describeFreshness(available, now)],
		[
			'karen',
			karen === null
				? 'NOT RUNNING: signals are answered once it is started'
				: `running, process ${karen.pid} since ${karen.startedAt}`,
		],
		['clock', picture.clock === 'set' ? undefined : 'NOT SET: all times shown are wrong'],
		['trust', picture.trust === '' ? undefined : picture.trust],
	];
}

/** What the operator needs in order to decide: why the rollback failed, and where backup and logs are. */
function troubleRows(change: ChangeStatus | null): readonly (readonly [string, string | undefined])[] {
	if (change?.state !== 'needs-attention' || change.outcome?.kind !== 'needs-attention') return [];
	const { cause, rollback } = change.outcome;
	return [
		['cause', `${oneLine(cause.message)} [${cause.code}]`],
		['rollback', `${oneLine(rollback.message)} [${rollback.code}]`],
		['backup', change.kept?.backup],
		['logs', change.kept?.logs],
	];
}

function sentenceOf(change: ChangeStatus): string {
	const goal =
		change.goal === '' || change.goal.replace(/^v/, '') === change.to ? '' : `, a step to ${change.goal}`;
	const what =
		change.change === '' ? 'a request' : `${change.change}: ${change.kind} ${change.from} to ${change.to}`;
	return `${what}${goal}, ${change.state}${change.endedAt === null ? '' : ` at ${change.endedAt}`}`;
}

/** Warns if info.json names another release than root installed last, until an update or `resolve`. */
function doubtOf({ installed, reason }: Available, picture: Picture): string | undefined {
	const isSettled = picture.change?.outcome?.kind === 'committed' && picture.change.to === picture.installed;
	if (reason?.code !== 'installed-differs' || isSettled) return undefined;
	return `${installed} was installed last; ${oneLine(reason.hint)}`;
}

/** A plan made before the last change does not show the path from the installed release. */
function newestOf(available: Available, installed: string): string {
	const path = available.path.map(({ version }) => version).join(' → ');
	const way =
		available.installed === installed
			? ` (${path === '' ? (available.reason?.code ?? 'up-to-date') : path})`
			: '';
	return `${available.newest ?? 'unknown'}${way}, checked ${available.checkedAt}`;
}
