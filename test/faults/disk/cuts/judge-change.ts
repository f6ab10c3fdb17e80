/** Takes a box up after a power cut, as karen does at boot, and says what is wrong with how it ended. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndedChange } from '../../../../src/model/change/change.ts';
import type { Outcome } from '../../../../src/model/change/outcome.ts';
import type { Box } from '../../../box/box.ts';
import { fingerprintOf } from '../../../box/fingerprint.ts';
import { endProcessesOf } from '../../../box/processes.ts';
import { judgeInstalled, temporaryFiles } from '../../judge.ts';
import type { Trial } from '../../result.ts';
import type { Care } from '../scenarios/scenario.ts';

/** Differences that are printed. */
const SHOWN = 8;

/** What was so when nothing was cut. Fingerprints are of the root without `statuses`. */
export interface Known {
	readonly verb: 'update' | 'rollback' | 'resume';
	/** The changes that had ended before. */
	readonly history: readonly string[];
	/** The root when the verb began. */
	readonly before: readonly string[];
	/** The root when it had ended. */
	readonly after: readonly string[];
	readonly outcome: Outcome['kind'];
	/** What the change keeps of the release that it replaced. */
	readonly backup: readonly string[];
}

export async function judgeChange(
	box: Box,
	marks: readonly string[],
	known: Known,
	care: Care,
): Promise<Trial> {
	const started = performance.now();
	// What karen looks for when she starts (privileged/karen/run/resumption.ts).
	const isOpen = [box.layout.currentChange, box.layout.inProgressMarker].some((path) => existsSync(path));
	const end = isOpen ? await box.updater('resume') : undefined;
	const recovery = isOpen ? Math.round(performance.now() - started) : null;
	await endProcessesOf(box.dir);
	const lost = lostFacts(box, marks);
	const wrong = [...judgeEnd(box, marks, known), ...lost.map((fact) => `the journal lost a fact: ${fact}`)];
	if (wrong.length === 0 && care === 'thorough') wrong.push(...(await judgeFuture(box)));
	const said = end === undefined ? 'nothing was open' : `resume ended with ${end.code} ${end.stderr.trim()}`;
	return { wrong: wrong.length === 0 ? [] : [...wrong, said], recovery, lost: lost.join('\n').length };
}

/** The opening record promises nothing yet: the marker written after it does. */
function lostFacts(box: Box, marks: readonly string[]): readonly string[] {
	const promised = marks.flatMap((mark) =>
		mark.startsWith('fact ') && !mark.includes(' opened') ? [mark.slice(5)] : [],
	);
	if (promised.length === 0) return [];
	const kept = box
		.journal()
		.map((fact) => [fact.seq, fact.event, ...('step' in fact ? [fact.step] : [])].join(' '));
	return promised.filter((fact) => !kept.includes(fact));
}

function judgeEnd(box: Box, marks: readonly string[], known: Known): readonly string[] {
	const ended = (existsSync(box.layout.history) ? box.history() : []).filter(
		({ change }) => !known.history.includes(change),
	);
	const [end, ...others] = ended;
	if (others.length > 0) return [`${ended.length} changes stand in the history, and one was asked for`];
	const wrong = end === undefined ? judgeNothing(box, marks, known) : judgeOutcome(box, marks, known, end);
	// Leftovers of the plan's fetch in the store do no harm: the next fetch removes them.
	const left = box.leftovers().filter((what) => end !== undefined || !/\.lock$|(^|\/)tmp_/.test(what));
	return [
		...wrong,
		...judgeInstalled(box),
		...unreadable(box),
		...left.map((what) => `left behind: ${what}`),
	];
}

/** No change was begun, as far as anybody can know. */
function judgeNothing(box: Box, marks: readonly string[], known: Known): readonly string[] {
	const begun = marks.filter((mark) => mark.startsWith('fact ') && !mark.includes(' opened'));
	if (begun.length > 0) return [`a change was begun and no history tells of it: ${begun.at(-1)}`];
	return [...differences('the root', known.before, box.fingerprint()), ...told(box, 'success')];
}

function judgeOutcome(box: Box, marks: readonly string[], known: Known, end: EndedChange): readonly string[] {
	const wrong: string[] = [];
	const { outcome, change, error } = end;
	const isAfter = known.outcome === outcome;
	const promised = promisedOutcome(marks);
	if (promised !== undefined && outcome !== promised)
		wrong.push(`${promised} was told, and it ended as ${outcome}`);
	if (outcome === 'needs-attention') wrong.push('it needs attention');
	if (outcome !== 'committed' && error?.code !== 'interrupted')
		wrong.push(`a cut is told as ${error?.code}: ${error?.message}`);
	const state = outcome === 'dropped' ? 'failed' : outcome;
	const said = box.change();
	if (said.change !== change || said.state !== state)
		wrong.push(`change.json tells of ${said.change} ${said.state}, the history of ${change} ${outcome}`);
	wrong.push(...differences('the root', isAfter ? known.after : known.before, box.fingerprint()));
	wrong.push(...told(box, outcome === 'committed' ? 'success' : 'failed'));
	return [...wrong, ...judgeBackup(box, known, end)];
}

/** What was told, or stands in the journal, holds. */
function promisedOutcome(marks: readonly string[]): EndedChange['outcome'] | undefined {
	if (marks.some((mark) => /^fact \d+ done commit$|^told .* (success|committed)$/.test(mark)))
		return 'committed';
	return marks.some((mark) => /^told change.json rolled-back$/.test(mark)) ? 'rolled-back' : undefined;
}

/** Returns what the newest change keeps of the release before it. */
export function backupOf(box: Box): readonly string[] {
	return fingerprintOf(join(box.layout.changes, box.change().change, 'backup/tree'));
}

function judgeBackup(box: Box, known: Known, { change, outcome }: EndedChange): readonly string[] {
	const backup = join(box.layout.changes, change, 'backup');
	if (outcome === 'committed') return differences('the backup', known.backup, backupOf(box));
	return existsSync(backup) ? ['a backup was left behind that nothing needs'] : [];
}

function told(box: Box, state: string): readonly string[] {
	const said = box.legacyStatus();
	const isSo = said['state'] === state && said['progress'] === 100 && said['updateTo'] === '';
	return isSo ? [] : [`update-status.json should tell of ${state}: ${JSON.stringify(said).slice(0, 300)}`];
}

function unreadable(box: Box): readonly string[] {
	const files = readdirSync(box.layout.statuses).filter((name) => name.endsWith('.json'));
	return files.flatMap((name) => {
		const text = readFileSync(join(box.layout.statuses, name), 'utf8');
		try {
			JSON.parse(text);
			return [];
		} catch {
			return [`statuses/${name} is no JSON: ${JSON.stringify(text.slice(0, 60))}`];
		}
	});
}

async function judgeFuture(box: Box): Promise<readonly string[]> {
	box.publish({ version: '1.9.0', requires: '*' });
	const { code, stderr } = await box.updater('update', '{"updateTo": "v1.9.0"}');
	if (code !== 0 || box.version() !== '1.9.0')
		return [`the next update ended with ${code}: ${stderr.trim()}`];
	return [...box.leftovers(), ...temporaryFiles(box)].map(
		(what) => `left behind by the next update: ${what}`,
	);
}

/** Returns where two trees differ, a line each, and not too many. */
function differences(what: string, expected: readonly string[], found: readonly string[]): readonly string[] {
	const missing = expected
		.filter((line) => !found.includes(line))
		.map((line) => `${what} should have ${line}`);
	const surplus = found.filter((line) => !expected.includes(line)).map((line) => `${what} has ${line}`);
	const all = [...missing, ...surplus];
	return all.length <= SHOWN ? all : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`];
}
