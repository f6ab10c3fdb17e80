import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Problem } from '../../../src/model/base/error.ts';
import { objectFormat } from '../../../src/model/base/file-format.ts';
import { readState, StateFile } from '../../../src/system/files/state-file.ts';
import { lastingScratch } from '../../scratch.ts';

const FORMAT = objectFormat(100, ({ count }) => (typeof count === 'number' ? count : undefined));

let path: string;
let remove: () => void;
beforeEach(() => {
	const scratch = lastingScratch();
	path = join(scratch.dir, 'count.json');
	remove = scratch.remove;
});
afterEach(() => remove());

const file = () => new StateFile<number>(path, FORMAT, (count) => ({ count }));

test('reads back what was written, from a private file', () => {
	file().write(7);
	expect(file().read()).toEqual({ kind: 'value', value: 7 });
	expect(readFileSync(path, 'utf8')).toBe('{"schema":1,"count":7}\n');
	expect(readdirSync(join(path, '..'))).toEqual(['count.json']);
});

test('reports a missing file without an error', () => {
	expect(file().read()).toEqual({ kind: 'missing' });
	expect([file().value(), file().intactValue('remove it')]).toEqual([undefined, undefined]);
});

describe('a damaged file', () => {
	test.each<[what: string, put: () => void]>([
		['empty', () => writeFileSync(path, '')],
		['torn in the middle', () => writeFileSync(path, '{"schema":1,"cou')],
		['full of NUL bytes', () => writeFileSync(path, Buffer.alloc(40))],
		['not UTF-8', () => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]))],
		['an array', () => writeFileSync(path, '[7]')],
		['an object of the wrong shape', () => writeFileSync(path, '{"count":"7"}')],
		['too large', () => writeFileSync(path, `{"count":7}${' '.repeat(100)}`)],
		['a directory', () => mkdirSync(path)],
		[
			'a link to a good file',
			() => {
				writeFileSync(`${path}.elsewhere`, '{"count":7}');
				symlinkSync(`${path}.elsewhere`, path);
			},
		],
		['a dangling link', () => symlinkSync('nowhere', path)],
	])('is distinguished from a missing one: %s', (_what, put) => {
		put();
		expect(file().read()).toEqual({ kind: 'damaged', why: expect.stringMatching(/./) });
		expect(file().value()).toBeUndefined();
		expect(() => file().intactValue('remove it')).toThrow(Problem);
		try {
			file().intactValue('remove it');
		} catch (thrown) {
			expect((thrown as Problem).record).toMatchObject({ code: 'state-damaged', hint: 'remove it' });
		}
	});
});

test('the last of two equal keys wins', () => {
	writeFileSync(path, '{"count":1,"count":2}');
	expect(readState(path, FORMAT)).toEqual({ kind: 'value', value: 2 });
});

test('replaces a link and leaves its target alone', () => {
	writeFileSync(`${path}.elsewhere`, 'theirs');
	symlinkSync(`${path}.elsewhere`, path);
	file().write(8);
	expect(file().value()).toBe(8);
	expect(readFileSync(`${path}.elsewhere`, 'utf8')).toBe('theirs');
});
