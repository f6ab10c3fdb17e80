/**
 * What is broken: an update, a rollback, an update that fails by itself. Each with the trees that it may
 * leave.
 */
import type { Lane } from './lane.ts';
import { type Point, pointsOf } from './points.ts';
import { FAILING, NEW, NEXT, wishFor } from './releases.ts';

export type SceneName = 'update' | 'rollback' | 'failing';

/** What a row of the table calls it. */
export const DURING: Readonly<Record<SceneName, string>> = {
	update: 'one whole update',
	rollback: 'one whole rollback by hand',
	failing: 'an update that fails and is rolled back',
};

const REQUESTS: Readonly<Record<SceneName, readonly [verb: string, payload: string]>> = {
	update: ['update', wishFor(NEW)],
	rollback: ['rollback', ''],
	failing: ['update', wishFor(FAILING)],
};

/** A scene, played once unbroken. */
export interface Scene {
	readonly name: SceneName;
	readonly verb: string;
	readonly payload: string;
	readonly points: readonly Point[];
	/**
	 * The fingerprints of the root: before; afterwards (the same for what fails by itself); and with the
	 * release after that.
	 */
	readonly trees: {
		readonly old: readonly string[];
		readonly new: readonly string[];
		readonly next: readonly string[];
	};
}

/** Brings each lane to where the scene begins, keeps that under the scene's name, and plays it once. */
export async function setScene(name: SceneName, lanes: readonly Lane[]): Promise<Scene> {
	const [first] = lanes;
	if (first === undefined) throw new Error('a scene needs a lane');
	await Promise.all(lanes.map((lane) => begin(name, lane)));
	const [verb, payload] = REQUESTS[name];
	first.putBack(name);
	const old = first.box.fingerprint();
	const fromOld = await nextTree(first);
	first.putBack(name);
	const played = await first.updater(verb, payload);
	if (played.code !== (name === 'failing' ? 4 : 0))
		throw new Error(`${name} ended with ${played.code}: ${played.stderr}`);
	const points = pointsOf(played.calls, first.box.journal());
	const trees = { old, new: first.box.fingerprint(), next: await nextTree(first) };
	if (trees.next.join('\n') !== fromOld.join('\n'))
		throw new Error('the release after that must come to the same from old and new');
	return { name, verb, payload, points, trees };
}

async function begin(name: SceneName, lane: Lane): Promise<void> {
	lane.putBack('first');
	if (name === 'rollback') await mustEndWell(lane, 'update', wishFor(NEW));
	lane.keep(name);
}

async function nextTree(lane: Lane): Promise<readonly string[]> {
	await mustEndWell(lane, 'update', wishFor(NEXT));
	return lane.box.fingerprint();
}

async function mustEndWell(lane: Lane, verb: string, payload: string): Promise<void> {
	const { code, stderr } = await lane.updater(verb, payload);
	if (code !== 0) throw new Error(`${verb} ${payload} ended with ${code}: ${stderr}`);
}
