/** What the updater is asked to do. Each verb runs under the locks that it names and returns its exit code. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
	ERROR_CODES,
	type ErrorRecord,
	EXIT,
	type ExitCode,
	Problem,
	problem,
	recordOf,
} from '../../model/base/error.ts';
import { decodeText } from '../../model/base/json.ts';
import { type ChangeId, makeChangeId } from '../../model/change/change.ts';
import { type Opened, openedOf } from '../../model/change/journal.ts';
import type { Outcome } from '../../model/change/outcome.ts';
import { readDataChoice } from '../../model/change/rollback-preview.ts';
import type { Available, Hop } from '../../model/release/plan.ts';
import { type Tag, tagsOfVersion } from '../../model/release/tag.ts';
import {
	type RequestedRelease,
	type RetryRule,
	readRequest,
	readRetryRule,
} from '../../model/signal/requested-release.ts';
import { PAYLOAD_MAX_BYTES } from '../../model/signal/signal.ts';
import { randomHex } from '../../system/clock.ts';
import { takeLock } from '../../system/files/lock.ts';
import { endTools } from '../../system/process/group.ts';
import type { Installer } from './installers/installer.ts';
import { INSTALLERS } from './installers/registry.ts';
import { isChangeHeld, isChangeOpen, openChange, reopenChange, timeSeen } from './journal/change-journal.ts';
import { newestOpened, troubleOf } from './journal/history.ts';
import { removeLeftovers } from './journal/remove-leftovers.ts';
import { repairJournals } from './journal/repair.ts';
import { rememberTry } from './plan/failed-releases.ts';
import { installedNow, notedVersion, requireInstalled } from './plan/installed-version.ts';
import { makePlan, publishAvailable } from './plan/planning.ts';
import { readInfo } from './plan/read-info.ts';
import { requireAllowed, requireTarget } from './plan/rollback-preview.ts';
import { pruneOlder } from './releases/prune-store.ts';
import { runChange } from './run-change.ts';
import { writeExitFile } from './status/exit-file.ts';
import { clearInProgress, markInProgress } from './status/in-progress.ts';
import { readUpdateStatus } from './status/publisher.ts';
import type { World } from './world.ts';

/** How long a check waits for another one that reads the source, in milliseconds. */
const STORE_PATIENCE = 60_000;

/** Plans, publishes the plan, and returns it. */
export async function check(world: World): Promise<Available> {
	const taken = takeLock(world.layout.storeLock, STORE_PATIENCE);
	if (taken.kind === 'busy') throw busy();
	try {
		return await publishAvailable(world, installedNow(world.layout));
	} finally {
		taken.lock.release();
	}
}

/** Takes the wish from the payload or the status, and goes the whole way to it; without one, a single step. */
export async function update(world: World, payload: Uint8Array): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const status = readUpdateStatus(world.layout);
		const resumed = await resumeOpen(world);
		if (resumed !== undefined && resumed.outcome.kind !== 'committed') return exitOf(resumed.outcome);
		refuseAfterTrouble(world);
		const asked = textOf(payload);
		return await goTo(world, readRequest(asked, status), readRetryRule(asked));
	});
}

/** Goes back to the release before the present one, with the files of its backup and the data that the payload asks for. */
export async function rollback(world: World, payload: Uint8Array): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const resumed = await resumeOpen(world);
		// What was asked for is done: the release before the one that was being installed is there again.
		if (resumed?.outcome.kind === 'rolled-back' && newestOpened(world)?.kind === 'update') return EXIT.done;
		const data = readDataChoice(textOf(payload));
		const target = requireTarget(world);
		requireAllowed(world, target, data);
		const { opened, change } = target;
		const [tag] = tagsOfVersion(opened.from);
		const back: Opened = {
			...opened,
			change: newChange(world),
			kind: 'rollback',
			from: opened.to,
			to: opened.from,
			tag,
			goal: tag,
			of: change,
			data,
		};
		return exitOf(await runNew(world, back));
	});
}

/**
 * Takes what stands in the root for the installed release: after a rollback that failed, and where it is not what root installed
 * last. The operator looked, and says so.
 */
export async function keep(world: World): Promise<ExitCode> {
	return await underLocks(world, async () => {
		await resumeOpen(world);
		const { version } = readInfo(world.layout.root, 'the root');
		const trouble = troubleOf(world)?.opened;
		const from = trouble?.from ?? notedVersion(world.layout) ?? version;
		if (trouble === undefined && from === version) throw nothingToResolve();
		const [tag] = tagsOfVersion(version);
		const kept = {
			change: newChange(world),
			kind: 'keep',
			from,
			to: version,
			tag,
			goal: tag,
			of: trouble?.change ?? null,
		} as const;
		const { product, trust } = world.config;
		return exitOf(await runNew(world, { product, trust: trust.mode, ...kept }));
	});
}

function nothingToResolve(): Problem {
	return problem(
		'nothing-to-resolve',
		'there is nothing to resolve: the last change ended whole',
		'`signalbox status` shows how',
	);
}

/**
 * Finishes the change that a killed updater or a power cut left open, if there is one, and goes on to the release that was asked
 * for: a stepping stone is not where anybody wanted to stay.
 */
export async function resume(world: World): Promise<ExitCode> {
	return await underLocks(world, async () => {
		const resumed = await resumeOpen(world);
		if (resumed === undefined) return 'nothing';
		const { outcome, further } = resumed;
		return outcome.kind === 'committed' && further !== undefined
			? await goTo(world, { kind: 'tag', tag: further }, 'respected')
			: exitOf(outcome);
	});
}

/** One change at a time. What ends the request before a change was opened is told like the end of one. */
async function underLocks(world: World, act: () => Promise<ExitCode | 'nothing'>): Promise<ExitCode> {
	const update = takeLock(world.layout.updateLock, 0);
	if (update.kind === 'busy') throw busy();
	if (isChangeHeld(world.layout)) {
		update.lock.release();
		throw busy();
	}
	const store = takeLock(world.layout.storeLock, STORE_PATIENCE);
	try {
		if (store.kind === 'busy') throw busy();
		await endTools(world.layout.state, world.clock);
		for (const damage of repairJournals(world.layout, world.clock, (change) => guessOpening(world, change)))
			tellDamage(world, damage);
		markInProgress(world);
		removeLeftovers(world);
		const code = await act();
		// An end of another request is not this one's.
		if (code !== 'nothing') writeExitFile(world, code);
		return code === 'nothing' ? EXIT.done : code;
	} catch (thrown) {
		const code = refuse(world, recordOf(thrown));
		// A change that still stands open is finished by the next updater: its end is told then.
		if (!isChangeOpen(world.layout)) writeExitFile(world, code);
		return code;
	} finally {
		removeLeftovers(world);
		clearInProgress(world);
		if (store.kind === 'held') store.lock.release();
		update.lock.release();
	}
}

interface Resumed {
	readonly outcome: Outcome;
	/** The release that it was a stepping stone to. */
	readonly further: Tag | undefined;
}

async function resumeOpen(world: World): Promise<Resumed | undefined> {
	const journal = reopenChange(world.layout, world.clock);
	if (journal === undefined) return undefined;
	try {
		const outcome = await runChange(world, journal, installerOf(world), 'resumed');
		const opened = openedOf(journal.entries());
		return { outcome, further: opened?.goal === opened?.tag ? undefined : opened?.goal };
	} finally {
		journal.close();
	}
}

async function goTo(world: World, wish: RequestedRelease, rule: RetryRule): Promise<ExitCode> {
	const plan = await makePlan(world, requireInstalled(world.layout), wish, rule);
	if (plan.reason !== null) throw new Problem(plan.reason);
	await pruneOlder(world, plan.installed);
	const hops = wish.kind === 'tag' ? plan.path : plan.path.slice(0, 1);
	let from = plan.installed;
	for (const hop of hops) {
		rememberTry(world, hop.version, rule);
		const outcome = await installHop(world, from, hop, hops.at(-1) ?? hop);
		if (outcome.kind !== 'committed') return exitOf(outcome);
		from = hop.version;
	}
	return EXIT.done;
}

async function installHop(world: World, from: Hop['version'], hop: Hop, goal: Hop): Promise<Outcome> {
	const { product, trust } = world.config;
	const { tag, version: to } = hop;
	return await runNew(world, {
		change: newChange(world),
		kind: 'update',
		product,
		from,
		to,
		tag,
		goal: goal.tag,
		of: null,
		trust: trust.mode,
	});
}

async function runNew(world: World, opened: Opened): Promise<Outcome> {
	const journal = openChange(world.layout, opened, world.clock);
	try {
		return await runChange(world, journal, installerOf(world), 'opened');
	} finally {
		journal.close();
	}
}

function installerOf({ config }: World): Installer {
	return INSTALLERS[config.install.kind];
}

/** For a change whose opening cannot be read: what the root and its backup say. */
function guessOpening(world: World, change: ChangeId): Opened {
	const to = readInfo(world.layout.root, 'the root').version;
	const tree = join(world.layout.changes, change, 'backup/tree');
	const from = existsSync(join(tree, 'info.json')) ? readInfo(tree, 'the backup').version : to;
	const [tag] = tagsOfVersion(to);
	return {
		change,
		kind: 'update',
		product: world.config.product,
		from,
		to,
		tag,
		goal: tag,
		of: null,
		trust: world.config.trust.mode,
	};
}

function tellDamage(world: World, damage: ErrorRecord): void {
	world.log.problem(damage);
	process.stderr.write(`${damage.message}\n${damage.hint}\n`);
}

function textOf(payload: Uint8Array): string {
	if (payload.length > PAYLOAD_MAX_BYTES)
		throw problem(
			'payload-too-large',
			`cannot take a payload of more than ${PAYLOAD_MAX_BYTES} bytes`,
			'say what you want, nothing more',
		);
	const text = decodeText(payload);
	if (text === undefined)
		throw problem(
			'payload-not-text',
			'cannot read the payload: it is not UTF-8',
			'say what you want, nothing more',
		);
	return text;
}

const CHOICES =
	'mend what it names, then `signalbox resolve --rollback`; or, where the root is well as it is, `signalbox resolve --keep`';

/** After a rollback that failed the root may be neither release: only a rollback by hand is let through. */
function refuseAfterTrouble(world: World): void {
	const trouble = troubleOf(world);
	if (trouble === undefined) return;
	const { message, facts } = trouble.outcome.rollback;
	const said = `cannot update: the last change could not be rolled back: ${message}`;
	throw problem('needs-attention', said, CHOICES, { facts });
}

function refuse(world: World, error: ErrorRecord): ExitCode {
	world.log.problem(error);
	if (error.code === 'needs-attention') tellTrouble(world, error);
	else world.publisher.refuse(error, installedVersion(world), world.config.trust.mode);
	process.stderr.write(`${error.message}\n${error.hint}\n`);
	return isChangeOpen(world.layout) ? EXIT.needsAttention : ERROR_CODES[error.code];
}

/** The trouble stays what everybody sees: the refusal of an update tells less. */
function tellTrouble(world: World, error: ErrorRecord): void {
	const trouble = troubleOf(world);
	if (trouble !== undefined) world.publisher.trouble(trouble.opened, trouble.outcome, error);
}

/** What is installed, for a report: a root that says nothing readable is often what the report is about. */
function installedVersion(world: World): string {
	try {
		return notedVersion(world.layout) ?? readInfo(world.layout.root, 'the root').version;
	} catch {
		return 'unknown';
	}
}

function exitOf(outcome: Outcome): ExitCode {
	switch (outcome.kind) {
		case 'committed':
			return EXIT.done;
		case 'dropped':
			// A refusal that changed nothing is the asker's business (3); bad luck that changed nothing is not (1).
			return ERROR_CODES[outcome.cause.code] === EXIT.refused ? EXIT.refused : EXIT.failed;
		case 'rolled-back':
			return EXIT.rolledBack;
		case 'needs-attention':
			return EXIT.needsAttention;
	}
}

/** Ids sort by time, and the order of changes must not depend on a wall clock that jumps back. */
function newChange({ layout, clock }: World): ChangeId {
	return makeChangeId(Math.max(clock.now(), timeSeen(layout) + 1000), randomHex(4));
}

function busy(): Problem {
	return problem(
		'busy',
		'cannot start: another update is at work',
		'wait for it: `signalbox status` tells how far it is',
		{
			retry: 'later',
		},
	);
}
