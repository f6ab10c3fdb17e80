/**
 * Programs that keep one small file of state and promise after each save that it is kept: the broken ones
 * must be caught, or the harness proves nothing; `system/files/replace-file.ts` must not be.
 */
import {
	closeSync,
	fsyncSync,
	openSync,
	readFileSync,
	renameSync,
	unlinkSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../../../src/model/base/errno.ts';
import { checksum } from '../../../../src/model/change/journal.ts';
import { replaceDurably } from '../../../../src/system/files/replace-file.ts';
import type { Trial } from '../../result.ts';
import type { Scenario } from './scenario.ts';

type Save = (path: string, text: string) => void;

const SAVES = 8;

/** What each broken writer leaves out. */
const BROKEN: Readonly<Record<string, Save>> = {
	'no fsync': (path, text) => {
		writeFileSync(`${path}.tmp`, text);
		renameSync(`${path}.tmp`, path);
	},
	'no fsync of the directory': (path, text) => {
		writeSynced(`${path}.tmp`, text);
		renameSync(`${path}.tmp`, path);
	},
	'rename before write': (path, text) => {
		const fd = openSync(`${path}.tmp`, 'w', 0o600);
		renameSync(`${path}.tmp`, path);
		// Other programs sync their files when they like.
		writeSynced(`${path}.of-another`, '');
		writeSync(fd, text);
		fsyncSync(fd);
		closeSync(fd);
	},
};

function writeSynced(path: string, text: string): void {
	const fd = openSync(path, 'w', 0o600);
	writeSync(fd, text);
	fsyncSync(fd);
	closeSync(fd);
}

export const durableReplace: Scenario = writerScenario(
	'replace',
	'durable replace of a file',
	replaceDurably,
);

/** Each of them has to be caught. */
export const brokenWriters: readonly Scenario[] = Object.entries(BROKEN).map(([what, save]) =>
	writerScenario(what.replaceAll(' ', '-'), `a writer with ${what}`, save),
);

function writerScenario(name: string, during: string, save: Save): Scenario {
	return {
		name,
		during,
		note: '',
		size: 16,
		prepare: async () => undefined,
		async run({ dir, mark }) {
			for (let generation = 1; generation <= SAVES; generation += 1) {
				save(join(dir, 'state'), textOf(generation));
				mark(`saved ${generation}`);
				// Others on the same disk sync too: that brings names to disk before their contents.
				if (generation % 2 === 0) writeSynced(join(dir, 'unrelated'), `${generation}`);
				if (generation === SAVES / 2) unlinkSync(join(dir, 'unrelated'));
			}
			return null;
		},
		judge: async (dir, marks) => judgeState(join(dir, 'state'), lastNumber(marks, 'saved')),
	};
}

/** Returns the number in the last mark that begins with this word; 0 without one. */
export function lastNumber(marks: readonly string[], word: string): number {
	return Number(marks.findLast((mark) => mark.startsWith(`${word} `))?.slice(word.length + 1) ?? 0);
}

/** Two blocks, so that it can be torn in the middle. */
function textOf(generation: number): string {
	const body = `${generation} ${`generation ${generation} `.repeat(500)}`;
	return `${checksum(body)} ${body}`;
}

function judgeState(path: string, saved: number): Trial {
	const found = readState(path);
	const lost = found === 'torn' || found < saved ? textOf(saved).length : 0;
	const wrong =
		found === 'torn'
			? ['torn: the file is neither the old one nor the new one']
			: lost > 0
				? [`lost: ${saved} was saved, and ${found} is there`]
				: [];
	return { wrong, recovery: null, lost: saved === 0 ? 0 : lost };
}

/** Returns the generation that is there, 0 for none. */
function readState(path: string): number | 'torn' {
	try {
		const text = readFileSync(path, 'latin1');
		return text.slice(0, 8) === checksum(text.slice(9)) ? Number(text.slice(9).split(' ')[0]) : 'torn';
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return 0;
		throw thrown;
	}
}
