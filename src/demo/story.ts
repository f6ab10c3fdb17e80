/** What the demo shows, step by step; every claim it prints was compared with what the box really is. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../model/base/error-codes.ts';
import { layoutOf } from '../model/base/layout.ts';
import { type SignalName, stampOf } from '../model/signal/signal.ts';
import { lastLines } from '../terminal/print.ts';
import type { World } from '../terminal/world.ts';
import {
	type Followed,
	followChange,
	presentChange,
	ringAndFollow,
} from '../unprivileged/operator/ask/follow.ts';
import type { PublicLayout } from '../unprivileged/operator/located-root.ts';
import { judge, type Verdict } from '../unprivileged/operator/print/verdict.ts';
import { readHistory, readInfo } from '../unprivileged/operator/statuses.ts';
import { expect, interrupted } from './as-told.ts';
import { askPlan, askTrust, askUpdate } from './ask-manager.ts';
import { type Author, tagOf } from './author.ts';
import { askService, type DemoBox, digestOfData, digestOfRelease } from './demo-box.ts';
import { BAD, type DemoRelease, GOOD, INSTALLED, LAST, MIGRATION } from './releases.ts';

export interface Stage {
	readonly box: DemoBox;
	readonly author: Author;
	/** Where the manager answers. */
	readonly url: string;
	readonly world: World;
	/** Prints one sentence. */
	readonly tell: (sentence: string) => void;
}

const UPDATE = 'update' as SignalName;
/** What a box calls a file that is not the one that was signed: seen while it comes, or when the release is put together. */
const NOT_AS_SIGNED: readonly string[] = ['file-changed', 'content-mismatch'];

/** Plays the whole story. Throws `demo-failed` at the first thing that is not as told. */
export async function playStory(stage: Stage): Promise<void> {
	const data = digestOfData(stage.box);
	await expectBox(stage, INSTALLED.version, data);
	await showPath(stage);
	await updateThroughManager(stage, data);
	await survive(stage, data);
	await refuse(stage, data);
}

/** The newest release needs another one first: the plan says so before anything is done. */
async function showPath({ url, tell, world }: Stage): Promise<void> {
	const plan = await askPlan(url, world);
	const path = plan.path.map(({ version }) => version);
	expect(
		path.join(' ') === GOOD.map(({ version }) => version).join(' '),
		`the path is ${path.join(', ')}, reason ${plan.reason?.code ?? 'none'}`,
	);
	tell(
		`check: ${plan.installed} is installed, ${plan.newest} is the newest, and the way there is ${path.join(', then ')}`,
	);
}

/** As the dashboard does: one POST to a manager that has no rights but to ring. */
async function updateThroughManager(stage: Stage, data: string): Promise<void> {
	const { box, url, tell, world } = stage;
	const goal = newest(GOOD);
	const layout = layoutOf(box.root, box.state);
	const before = presentChange(layout);
	tell(`the dashboard asks for ${goal.version}: POST ${url}/api/v1/update`);
	await askUpdate(url, tagOf(goal), world);
	const stamp = stampOf(lstatSync(join(layout.signals, UPDATE), { bigint: true }));
	const verdict = verdictOf(await followChange(layout, { name: UPDATE, stamp, before }, world), world);
	expect(
		verdict.exit === EXIT.done,
		`the update ended with ${verdict.exit}: ${verdict.error?.message ?? ''}`,
		verdict.error,
	);
	tellChanges(layout, GOOD.length, tell);
	await expectBox(stage, goal.version, data);
	const trust = await askTrust(url, world);
	expect(trust === 'tuf', `the dashboard says that the release was verified by ${JSON.stringify(trust)}`);
	tell(
		`${goal.version} is installed, verified with ${trust}, its service answers, and the data is as it was`,
	);
}

/** As an operator does in a shell: a release that damages the data and finds out in its 02 hook. */
async function survive(stage: Stage, data: string): Promise<void> {
	const { box, author, tell, world } = stage;
	const layout = layoutOf(box.root, box.state);
	await author.publish([BAD, LAST]);
	tell(
		`${BAD.version} and ${LAST.version} are published; the migration of ${BAD.version} empties the box's data`,
	);
	const followed = await ringAndFollow(layout, UPDATE, JSON.stringify({ updateTo: tagOf(BAD) }), world);
	const verdict = verdictOf(followed, world);
	expect(
		verdict.exit === EXIT.rolledBack,
		`the bad release ended with ${verdict.exit}: ${verdict.error?.message ?? 'no error'}`,
		verdict.error,
	);
	tellChanges(layout, 1, tell);
	tell(`why: ${whyOf(verdict)}`);
	const last = newest(GOOD).version;
	await expectBox(stage, last, data);
	tell(`${last} is back, its service answers, and the data is as it was, byte for byte`);
}

/** Whoever carries a release could have changed it: a box takes what its author signed, or nothing. */
async function refuse(stage: Stage, data: string): Promise<void> {
	const { box, author, tell, world } = stage;
	const layout = layoutOf(box.root, box.state);
	const before = digestOfRelease(box);
	const putBack = await author.transport.tamper({ tag: tagOf(LAST), path: MIGRATION }, (text) =>
		text.replace('set -e', 'set +e'),
	);
	tell(`on its way to the box one character of ${LAST.version} is changed, in ${MIGRATION}`);
	const verdict = verdictOf(
		await ringAndFollow(layout, UPDATE, JSON.stringify({ updateTo: tagOf(LAST) }), world),
		world,
	);
	await putBack();
	const { code, message } = verdict.error ?? { code: 'no error', message: '' };
	expect(
		verdict.exit === EXIT.refused && NOT_AS_SIGNED.includes(code),
		`what was tampered with ended with ${verdict.exit}, ${code}: ${message}`,
		verdict.error,
	);
	tell(`refused: ${message}`);
	await expectBox(stage, newest(GOOD).version, data);
	expect(digestOfRelease(box) === before, 'files of the installed release were changed');
	tell(
		`nothing was changed: ${newest(GOOD).version} is installed, its service answers, and the data is as it was`,
	);
}

/** What the hook said itself tells more than its exit code. */
function whyOf({ error }: Verdict): string {
	if (error === null) return '';
	return [error.message, ...lastLines(error, 1)].join('; it said: ');
}

/** The box is what it should be: version on disk, answer of the running service, digest of the user's data. */
async function expectBox({ box }: Stage, version: string, data: string): Promise<void> {
	const installed = readInfo(layoutOf(box.root, box.state)).version;
	expect(installed === version, `the box says that ${installed} is installed, not ${version}`);
	const answer = await askService(box);
	expect(
		answer.version === version && answer.visitors === 3,
		`the service answers ${JSON.stringify(answer)}, not ${version} with 3 visitors`,
	);
	expect(digestOfData(box) === data, 'the data of the box was changed');
}

function tellChanges(layout: PublicLayout, count: number, tell: Stage['tell']): void {
	for (const one of readHistory(layout).slice(0, count).reverse()) {
		const seconds = (Date.parse(one.endedAt) - Date.parse(one.startedAt)) / 1000;
		tell(`${one.from} to ${one.to}: ${one.outcome} in ${seconds.toFixed(1)} s`);
	}
}

function verdictOf(followed: Followed, world: World): Verdict {
	if (followed.kind === 'left') throw interrupted(world);
	return judge(followed.report, followed.change);
}

function newest(releases: readonly DemoRelease[]): DemoRelease {
	return releases.at(-1) ?? INSTALLED;
}
