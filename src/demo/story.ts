/** The demo's story, step by step. Every claim is checked against the box before it is printed. */
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
	signalAndFollow,
} from '../unprivileged/operator/ask/follow.ts';
import type { PublicLayout } from '../unprivileged/operator/located-root.ts';
import { sentenceOfEnd } from '../unprivileged/operator/print/ended-change.ts';
import { type Verdict, verdictOn } from '../unprivileged/operator/print/verdict.ts';
import { readHistory, readInfo } from '../unprivileged/operator/statuses.ts';
import { askPlan, askTrust, askUpdate } from './ask-manager.ts';
import { type Author, tagOf } from './author.ts';
import { expect, interrupted } from './claims.ts';
import { askService, type DemoBox, digestOfData, digestOfRelease } from './demo-box.ts';
import { BAD, type DemoRelease, GOOD, INSTALLED, LAST, MIGRATION } from './releases.ts';

export interface Stage {
	readonly box: DemoBox;
	readonly author: Author;
	/** URL of the manager. */
	readonly url: string;
	readonly world: World;
	/** Prints one sentence. */
	readonly tell: (sentence: string) => void;
}

const UPDATE = 'update' as SignalName;
/** Error codes for a file that differs from the signed one: found during the download, or while staging. */
const NOT_AS_SIGNED: readonly string[] = ['file-changed', 'content-mismatch'];

/** Plays the whole story. Throws `demo-failed` at the first claim that does not hold. */
export async function playStory(stage: Stage): Promise<void> {
	const data = digestOfData(stage.box);
	await expectBox(stage, INSTALLED.version, data);
	await showPath(stage);
	await updateThroughManager(stage, data);
	await survive(stage, data);
	await refuse(stage, data);
}

/** The newest release requires another one first: the plan shows it before anything is done. */
async function showPath({ url, tell, world }: Stage): Promise<void> {
	const plan = await askPlan(url, world);
	const path = plan.path.map(({ version }) => version);
	expect(
		path.join(' ') === GOOD.map(({ version }) => version).join(' '),
		`the path is ${path.join(', ')}, reason ${plan.reason?.code ?? 'none'}`,
	);
	tell(`Check: ${plan.installed} is installed, ${plan.newest} is the newest. Path: ${path.join(', then ')}.`);
}

/** As the dashboard does: one POST to a manager that can only send signals. */
async function updateThroughManager(stage: Stage, data: string): Promise<void> {
	const { box, url, tell, world } = stage;
	const goal = newest(GOOD);
	const layout = layoutOf(box.root, box.state);
	const before = presentChange(layout);
	tell(`The dashboard requests ${goal.version}: POST ${url}/api/v1/update`);
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
	expect(trust === 'tuf', `the manager reports that the release was verified with ${JSON.stringify(trust)}`);
	tell(`${goal.version} runs, verified with ${trust}. The data is unchanged.`);
}

/** As an operator does in a shell: a release damages the data, and its 02 hook notices. */
async function survive(stage: Stage, data: string): Promise<void> {
	const { box, author, tell, world } = stage;
	const layout = layoutOf(box.root, box.state);
	await author.publish([BAD, LAST]);
	tell(
		`Published ${BAD.version} and ${LAST.version}. The migration of ${BAD.version} empties the box's data.`,
	);
	const followed = await signalAndFollow(layout, UPDATE, JSON.stringify({ updateTo: tagOf(BAD) }), world);
	const verdict = verdictOf(followed, world);
	expect(
		verdict.exit === EXIT.rolledBack,
		`the bad release ended with ${verdict.exit}: ${verdict.error?.message ?? 'no error'}`,
		verdict.error,
	);
	tellChanges(layout, 1, tell);
	tell(`Reason: ${whyOf(verdict)}`);
	const last = newest(GOOD).version;
	await expectBox(stage, last, data);
	tell(`${last} runs again. The data is unchanged, byte for byte.`);
}

/** The transport tampers with a release: a box installs what its author signed, or nothing. */
async function refuse(stage: Stage, data: string): Promise<void> {
	const { box, author, tell, world } = stage;
	const layout = layoutOf(box.root, box.state);
	const before = digestOfRelease(box);
	const putBack = await author.transport.tamper({ tag: tagOf(LAST), path: MIGRATION }, (text) =>
		text.replace('set -e', 'set +e'),
	);
	tell(`Changed one character of ${LAST.version} in transit, in ${MIGRATION}.`);
	const verdict = verdictOf(
		await signalAndFollow(layout, UPDATE, JSON.stringify({ updateTo: tagOf(LAST) }), world),
		world,
	);
	await putBack();
	const { code, message } = verdict.error ?? { code: 'no error', message: '' };
	expect(
		verdict.exit === EXIT.refused && NOT_AS_SIGNED.includes(code),
		`the update to a tampered release ended with ${verdict.exit}, ${code}: ${message}`,
		verdict.error,
	);
	tell(`Refused: ${message}`);
	await expectBox(stage, newest(GOOD).version, data);
	expect(digestOfRelease(box) === before, 'files of the installed release were changed');
	tell(`${newest(GOOD).version} still runs. Its files and the data are unchanged.`);
}

/** The hook's last line says more than its exit code. */
function whyOf({ error }: Verdict): string {
	if (error === null) return '';
	return [error.message, ...lastLines(error, 1)].join('; its last output: ');
}

/** Checks the version on disk, the answer of the running service and the digest of the user data. */
async function expectBox({ box }: Stage, version: string, data: string): Promise<void> {
	const installed = readInfo(layoutOf(box.root, box.state)).version;
	expect(installed === version, `${installed} is installed, not ${version}`);
	const answer = await askService(box);
	expect(
		answer.version === version && answer.visitors === 3,
		`the service answered ${JSON.stringify(answer)}, not ${version} with 3 visitors`,
	);
	expect(digestOfData(box) === data, 'the data of the box was changed');
}

function tellChanges(layout: PublicLayout, count: number, tell: Stage['tell']): void {
	for (const one of readHistory(layout).slice(0, count).reverse()) tell(sentenceOfEnd(one));
}

function verdictOf(followed: Followed, world: World): Verdict {
	if (followed.kind === 'left') throw interrupted(world);
	return verdictOn(followed.report, followed.change);
}

function newest(releases: readonly DemoRelease[]): DemoRelease {
	return releases.at(-1) ?? INSTALLED;
}
