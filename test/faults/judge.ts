/**
 * How a box must have ended: the old tree or the new one, whole; told truthfully everywhere; nothing left
 * behind. Each judge returns what is wrong, a sentence each, and an empty list for a right end.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChangeStatus, type EndedChange, parseChangeId } from '../../src/model/change/change.ts';
import { decodeJournal, type Journal } from '../../src/model/change/journal.ts';
import type { Outcome } from '../../src/model/change/outcome.ts';
import type { Box } from '../box/box.ts';
import type { CountedEnd } from './killat/killat.ts';
import type { Scene } from './scenes.ts';

/** What the box said of itself before anything was broken. */
export interface Before {
	readonly changes: ReadonlySet<string>;
	readonly history: readonly EndedChange[];
	readonly status: string;
}

export function before(box: Box): Before {
	return {
		changes: new Set(changesOf(box)),
		history: historyOf(box),
		status: readIfThere(box.layout.changeStatus),
	};
}

/** `by hand`: the change ended in needs-attention, and an operator asked for a rollback. */
export type Recovered = 'by itself' | 'by hand';

/** Judges a box that was recovered; `end` is how the last program ended, if any had to run. */
export function judge(
	box: Box,
	scene: Scene,
	was: Before,
	end: CountedEnd | undefined,
	how: Recovered,
): readonly string[] {
	const news = changesOf(box).filter((change) => !was.changes.has(change));
	const journals = news.map((change) => ({ change, journal: journalOf(box, change) }));
	const closed = journals.flatMap(({ change, journal }) => {
		const outcome = outcomeOf(journal);
		return outcome === undefined ? [] : [{ change, outcome }];
	});
	const last = closed.at(-1);
	return [
		...(news.length > (how === 'by hand' ? 2 : 1)
			? [`${news.length} changes were opened, for one request`]
			: []),
		...judgeTree(box, scene, last?.outcome, how),
		...(last === undefined
			? judgeNothingBegun(box, was)
			: judgeTold(box, last.change, last.outcome, [
					...historyBefore(closed.slice(0, -1)),
					...was.history.map(({ change, outcome }) => ({ change, outcome })),
				])),
		...judgeInstalled(box),
		...judgeLeftovers(box, last),
		...(end === undefined ? [] : judgeEnd(end)),
	];
}

function judgeEnd({ left, stderr, code }: CountedEnd): readonly string[] {
	return [
		...left.map((command) => `left running: ${command}`),
		...(/^\s+at /m.test(stderr) ? [`a stack trace: ${stderr}`] : []),
		...(code === 124 ? ['the recovery did not end within its limit'] : []),
	];
}

type Told = readonly { readonly change: string; readonly outcome: Outcome['kind'] }[];

function historyBefore(closed: readonly { readonly change: string; readonly outcome: Outcome }[]): Told {
	return closed.map(({ change, outcome }) => ({ change, outcome: outcome.kind })).reverse();
}

/**
 * After a commit the new tree, otherwise the old one. By hand an operator goes back to the release before.
 */
function judgeTree(box: Box, scene: Scene, outcome: Outcome | undefined, how: Recovered): readonly string[] {
	const isNew = how === 'by itself' ? outcome?.kind === 'committed' : scene.name === 'rollback';
	if (isNew && scene.name === 'failing') return ['a release that fails was committed'];
	return differences(
		isNew ? scene.trees.new : scene.trees.old,
		box.fingerprint(),
		isNew ? 'the new release' : 'the old release',
	);
}

/** Judges that the update after the next one brought the release it should. */
export function judgeNext(box: Box, scene: Scene, end: CountedEnd): readonly string[] {
	return [
		...(end.code === 0 ? [] : [`the next update ended with ${end.code}: ${end.stderr}`]),
		...differences(scene.trees.next, box.fingerprint(), 'the release after it'),
		...[...box.leftovers(), ...temporaryFiles(box)].map((name) => `left behind by the next update: ${name}`),
	];
}

const SHOWN = 6;

function differences(expected: readonly string[], found: readonly string[], what: string): readonly string[] {
	const [wanted, there] = [new Set(expected), new Set(found)];
	const lines = [
		...expected.filter((line) => !there.has(line)).map((line) => `- ${line}`),
		...found.filter((line) => !wanted.has(line)).map((line) => `+ ${line}`),
	];
	return lines.length === 0
		? []
		: [`the root is not ${what}: ${lines.length} lines differ\n${lines.slice(0, SHOWN).join('\n')}`];
}

const STATES = {
	committed: 'committed',
	dropped: 'failed',
	'rolled-back': 'rolled-back',
	'needs-attention': 'needs-attention',
} as const;

/** All that tells of a change must tell the end that its journal has. */
function judgeTold(box: Box, change: string, outcome: Outcome, earlier: Told): readonly string[] {
	const status = jsonIn<ChangeStatus>(box.layout.changeStatus);
	const legacy = jsonIn<Record<string, unknown>>(box.layout.updateStatus);
	const [newest, ...older] = historyOf(box);
	const isGood = outcome.kind === 'committed';
	return [
		...mustBe(
			'change.json',
			{
				change: status?.change,
				state: status?.state,
				progress: status?.progress,
				ended: status?.endedAt !== null,
			},
			{ change, state: STATES[outcome.kind], progress: 100, ended: true },
		),
		...mustBe('the outcome in change.json', status?.outcome, outcome),
		...mustBe(
			'update-status.json',
			{ state: legacy?.['state'], progress: legacy?.['progress'], updateTo: legacy?.['updateTo'] },
			{ state: isGood ? 'success' : 'failed', progress: 100, updateTo: '' },
		),
		...mustBe(
			'the newest line of history.json',
			{ change: newest?.change, outcome: newest?.outcome },
			{ change, outcome: outcome.kind },
		),
		...mustBe(
			'the older lines of history.json',
			older.map((one) => ({ change: one.change, outcome: one.outcome })),
			earlier,
		),
		...(isGood
			? []
			: mustBe(
					'the version of an outcome that changed nothing',
					outcome.kind === 'needs-attention' ? null : outcome.version,
					versionOf(box),
				)),
		...(isGood ? mustBe('the committed version', outcome.version, versionOf(box)) : []),
	];
}

/** Returns whether the last change ended in needs-attention. */
export function needsOperator(box: Box): boolean {
	const last = changesOf(box).findLast((change) => outcomeOf(journalOf(box, change)) !== undefined);
	return last !== undefined && outcomeOf(journalOf(box, last))?.kind === 'needs-attention';
}

/** Cut off before a change was opened: all is as it was, and no status speaks of work. */
function judgeNothingBegun(box: Box, was: Before): readonly string[] {
	const status = readIfThere(box.layout.changeStatus);
	const legacy = jsonIn<Record<string, unknown>>(box.layout.updateStatus);
	return [
		...(status === was.status || jsonIn<ChangeStatus>(box.layout.changeStatus)?.state === 'failed'
			? []
			: [`nothing was begun, and change.json says: ${status}`]),
		...(legacy?.['state'] === 'installing'
			? ['nothing was begun, and update-status.json says that it is installing']
			: []),
		...mustBe('history.json', historyOf(box), was.history),
	];
}

/** What root noted of the installed release must be the release that is there. */
export function judgeInstalled(box: Box): readonly string[] {
	const installed = jsonIn<{ version: string }>(box.layout.installed);
	return installed === undefined ? [] : mustBe('installed.json', installed.version, versionOf(box));
}

const TEMPORARY = /(^|\/)\.\d+-[0-9a-f]+\.tmp$/;

/** Staging, marks, locks, temporary files, and backups that no rollback by hand will ever take. */
function judgeLeftovers(
	box: Box,
	last: { readonly change: string; readonly outcome: Outcome } | undefined,
): readonly string[] {
	const inState = namesBelow(box.state);
	const unfinished = inState.filter((name) => name.endsWith('/running') || name.endsWith('/reserve'));
	const backups = inState.filter((name) => /^changes\/[^/]+\/backup$/.test(name));
	const isKept = last?.outcome.kind === 'committed' || last?.outcome.kind === 'needs-attention';
	const needless = backups.filter((name) => !isKept && name === `changes/${last?.change}/backup`);
	const many = last?.outcome.kind === 'committed' && backups.length > 1 ? [`${backups.length} backups`] : [];
	const tidiedNext = new Set(leftToTheNext(box));
	const others = [...box.leftovers(), ...unfinished, ...needless, ...many].filter(
		(name) => !tidiedNext.has(name),
	);
	return others.map((name) => `left behind: ${name}`);
}

/**
 * Returns what whoever is at work next removes before it could be in the way: locks that a git which was cut
 * off left in the store, and temporary files. Where there is any, the next update must be tried, and must
 * leave none.
 */
export function leftToTheNext(box: Box): readonly string[] {
	const inStore = box.leftovers().filter((name) => existsSync(join(box.layout.store, name)));
	return [...inStore, ...temporaryFiles(box)];
}

/** Returns the temporary files of durable writes that did not come to their end. */
export function temporaryFiles(box: Box): readonly string[] {
	return [...namesBelow(box.layout.statuses), ...namesBelow(box.state)].filter((name) =>
		TEMPORARY.test(name),
	);
}

function namesBelow(dir: string): readonly string[] {
	return existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : [];
}

/** Judges what was killed, before anything is recovered: no reader may meet half a file. */
export function judgeReadable(box: Box): readonly string[] {
	const { changeStatus, history, available, installed } = box.layout;
	return [changeStatus, history, available, installed].flatMap((path) => {
		try {
			jsonIn(path);
			return [];
		} catch {
			return [`half a file: ${path}`];
		}
	});
}

/** How each exit code of an update that was hit by an error is to be read. */
export function judgeExit(box: Box, scene: Scene, end: CountedEnd): readonly string[] {
	const trace = /^\s+at /m.test(end.stderr) ? [`a stack trace: ${end.stderr}`] : [];
	const open = existsSync(box.layout.currentChange);
	const at = (want: 'old' | 'new') =>
		differences(scene.trees[want], box.fingerprint(), `the ${want} release, as exit code ${end.code} says`);
	switch (end.code) {
		case 0:
			return [...trace, ...at('new')];
		case 1:
		case 3:
		case 4:
			return [
				...trace,
				...at('old'),
				...(open ? [`exit code ${end.code}, and the change still stands open`] : []),
			];
		case 7:
			return trace;
		default:
			return [...trace, `exit code ${end.code}: ${end.stderr}`];
	}
}

/** Returns the bytes of state that had been acknowledged before a fault and are gone after the recovery. */
export function lostBytes(box: Box, was: ReadonlyMap<string, Buffer>): number {
	let lost = 0;
	for (const [path, bytes] of was) {
		const now = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
		const isKept = path.endsWith('/journal')
			? now.subarray(0, bytes.length).equals(bytes)
			: now.equals(bytes);
		if (!isKept && !isForgotten(box, path)) lost += bytes.length;
	}
	return lost;
}

/** The user's data and the whole lines of every journal, as they stand. */
export function acknowledged(box: Box): ReadonlyMap<string, Buffer> {
	const data = ['db/user.json', 'db/ledger', 'app-data/shop/orders', '.env'].map((name) =>
		join(box.root, name),
	);
	const journals = changesOf(box).map((change) => join(box.layout.changes, change, 'journal'));
	return new Map(
		[...data, ...journals].flatMap((path) => {
			if (!existsSync(path)) return [];
			const bytes = readFileSync(path);
			return [
				[path, path.endsWith('/journal') ? bytes.subarray(0, bytes.lastIndexOf(10) + 1) : bytes] as const,
			];
		}),
	);
}

/** A journal whose change was never named as the open one may go: nothing had been begun. */
function isForgotten(box: Box, path: string): boolean {
	return (
		path.endsWith('/journal') &&
		!existsSync(path) &&
		!historyOf(box).some(({ change }) => path.includes(change))
	);
}

function changesOf(box: Box): readonly string[] {
	if (!existsSync(box.layout.changes)) return [];
	return readdirSync(box.layout.changes)
		.filter((name) => parseChangeId(name) !== undefined)
		.sort();
}

function journalOf(box: Box, change: string): Journal {
	const path = join(box.layout.changes, change, 'journal');
	const decoded = decodeJournal(existsSync(path) ? readFileSync(path) : Buffer.alloc(0));
	return decoded.kind === 'journal' ? decoded.entries : [];
}

function outcomeOf(journal: Journal): Outcome | undefined {
	const closed = journal.find((entry) => entry.event === 'closed');
	return closed?.event === 'closed' ? closed.outcome : undefined;
}

function versionOf(box: Box): string | undefined {
	return jsonIn<{ version: string }>(box.layout.info)?.version;
}

function historyOf(box: Box): readonly EndedChange[] {
	return jsonIn<{ changes: readonly EndedChange[] }>(box.layout.history)?.changes ?? [];
}

/** Our own files: what they hold is compared, never trusted. */
function jsonIn<T>(path: string): T | undefined {
	return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}

function readIfThere(path: string): string {
	return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function mustBe(what: string, found: unknown, expected: unknown): readonly string[] {
	const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
	return a === b ? [] : [`${what} is ${a}, not ${b}`];
}
