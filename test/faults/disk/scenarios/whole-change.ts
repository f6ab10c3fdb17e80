/**
 * A real box on a recorded disk, its root, state and store with it: one whole update, one whole rollback, one
 * whole recovery. After a cut the updater takes the box up as karen lets it at boot; then the box must be one
 * of its two releases, whole, and say which.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../../../../src/model/change/outcome.ts';
import { type Box, boxAt, makeBox, startProgram } from '../../../box/box.ts';
import { endProcessesOf } from '../../../box/processes.ts';
import type { CitadelRelease, Moment } from '../../../box/releases/citadel.ts';
import { builtProgram } from '../../../programs.ts';
import { backupOf, judgeChange, type Known } from '../cuts/judge-change.ts';
import { type RecordedPlace, type Scenario, THOROUGH } from './scenario.ts';

/**
 * Services of the box sync their own files at any moment, which brings the names of other files to disk
 * before their contents.
 */
const SERVICE = 'echo x >> "$ROOT"/../service-data; sync "$ROOT"/../service-data';

function withService(moments: readonly Moment[]): Partial<Record<Moment, string>> {
	return Object.fromEntries(moments.map((moment) => [moment, SERVICE]));
}

const BUSY = withService(['00', '01', 'overlaid', 'started', '02', '03', 'rollback']);
/** What a hook wrote is the release's as well, and 03 is not run again once it has ended. */
const LAST = 'echo "nothing is left to do for $RELEASE" > "$ROOT"/logs/last-hook';
const many = (version: string) =>
	Object.fromEntries(
		Array.from({ length: 20 }, (_, index) => [`many/${index}`, `${version} ${index}\n`.repeat(300)]),
	);
const release = (version: string): CitadelRelease => ({
	version,
	requires: '*',
	does: { ...BUSY, '03': `${SERVICE}\n${LAST}` },
	files: many(version),
});

const OLD = release('1.0.0');
const NEW = release('1.1.0');

/** More than the box needs twice over, and the least that a journalled ext4 of some use has. */
const SIZE = 48;

export const update: Scenario = changeScenario({
	name: 'update',
	during: 'one whole update',
	verb: 'update',
	prepare: async () => undefined,
});

export const rollback: Scenario = changeScenario({
	name: 'rollback',
	during: 'one whole rollback by hand',
	verb: 'rollback',
	async prepare(box) {
		await run(box, 'update', 0);
	},
});

export const recovery: Scenario = changeScenario({
	name: 'recovery',
	during: 'the recovery of an update that was cut after its hook 01',
	verb: 'resume',
	prepare: (box) => box.killUpdater({ after: '"event":"done","step":"hook:01-run.sh"' }),
});

interface ChangeKind {
	readonly name: string;
	readonly during: string;
	readonly verb: 'update' | 'rollback' | 'resume';
	prepare(box: Box): Promise<void>;
}

function changeScenario({ name, during, verb, prepare }: ChangeKind): Scenario {
	return {
		name,
		during,
		note: `the next update was tried after every ${THOROUGH}th`,
		size: SIZE,
		async prepare(dir) {
			const box = makeBox(OLD, { dir: join(dir, 'box') });
			box.sourceIs({ probe: true });
			box.configure('[install]\nspare = "1MB"');
			box.publish(NEW);
			await prepare(box);
			await endProcessesOf(box.dir);
		},
		run: (place) => recordChange(place, verb),
		judge: async (dir, marks, known, care) =>
			await judgeChange(boxAt(join(dir, 'box')), marks, known as Known, care),
	};
}

async function recordChange(place: RecordedPlace, verb: ChangeKind['verb']): Promise<Known> {
	const box = boxAt(join(place.dir, 'box'));
	const history = existsSync(box.layout.history) ? box.history().map(({ change }) => change) : [];
	const before = box.fingerprint();
	await runPromising(box, verb, place.control);
	await endProcessesOf(box.dir);
	const outcome = outcomeOf(box);
	return {
		verb,
		history,
		before,
		after: box.fingerprint(),
		outcome,
		backup: outcome === 'committed' ? backupOf(box) : [],
	};
}

async function runPromising(box: Box, verb: string, control: string): Promise<void> {
	const args = ['--import', join(import.meta.dirname, 'promises.ts'), builtProgram('updater'), verb];
	const { code, stderr } = await startProgram([...args, '--root', box.root, '--config', box.config], '', {
		PROMISES_TO: control,
	}).ended;
	if (code !== (verb === 'resume' ? 4 : 0))
		throw new Error(`nothing to judge: ${verb} ended with ${code}: ${stderr}`);
}

async function run(box: Box, verb: string, expected: number): Promise<void> {
	const { code, stderr } = await box.updater(verb);
	if (code !== expected) throw new Error(`${verb} ended with ${code}: ${stderr}`);
}

function outcomeOf(box: Box): Outcome['kind'] {
	const closed = box.journal().find((entry) => entry.event === 'closed');
	if (closed?.event !== 'closed') throw new Error('nothing to judge: the change was not closed');
	return closed.outcome.kind;
}
