import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseTag, tagsOfVersion, versionOfTag } from '../../../src/model/release/tag.ts';
import { parseVersion, type Version } from '../../../src/model/release/version.ts';

interface Release {
	readonly tag: string;
}

const real = ['umbrel', 'citadel'].flatMap((repo) => {
	const table = readFileSync(new URL(`../../fixtures/releases/${repo}.json`, import.meta.url), 'utf8');
	return (JSON.parse(table) as Release[]).map(({ tag }) => tag);
});

test('accepts every real tag except the one that is not a version', () => {
	expect(real.length).toBeGreaterThan(200);
	expect(real.filter((tag) => parseTag(tag) === undefined)).toEqual(['alpha-2']);
});

test.each([
	['v1.2.3', '1.2.3'],
	['0.5.4', '0.5.4'],
	['v0.3.9-patch-1', '0.3.9-patch-1'],
	['v0.0.2-c-lightning.0', '0.0.2-c-lightning.0'],
	['v1.0.0-rc.1', '1.0.0-rc.1'],
	['v1.0.0+build.5', '1.0.0'],
])('%s names version %s', (text, version) => {
	const tag = parseTag(text);
	expect(tag).toBe(text);
	expect(tag && versionOfTag(tag)).toBe(version);
});

test.each([
	['an empty string', ''],
	['a word', 'main'],
	['one number', 'v1'],
	['two numbers', 'v1.2'],
	['four numbers', '1.2.3.4'],
	['a leading zero', 'v01.2.3'],
	['a parent directory', '../x'],
	['a parent directory after a version', 'v1.2.3/../../x'],
	['two dots', 'v1.2.3-a..b'],
	['a slash', 'v1.2.3/x'],
	['an option', '--upload-pack=x'],
	['an option that ends like a version', '-v1.2.3'],
	['a double quote', 'v1.2.3"'],
	['a single quote', "v1.2.3'"],
	['a command', 'v1.2.3-$(id)'],
	['a newline at the end', 'v1.2.3\n'],
	['a newline inside', 'v1.2.3\nv1.2.4'],
	['a space', ' v1.2.3'],
	['a NUL', 'v1.2.3\0'],
	['digits that are not ASCII', 'v१.2.3'],
	['300 characters', `v1.2.3-${'a'.repeat(293)}`],
	['a number too large for SemVer', 'v99999999999999999.0.0'],
	['two leading v', 'vv1.2.3'],
	['a capital V', 'V1.2.3'],
	['a range', '>=1.2.3'],
	['the string null', 'null'],
	['null', null],
	['a number', 1],
	['an array', ['v1.2.3']],
])('rejects %s', (_what, value) => {
	expect(parseTag(value)).toBeUndefined();
});

test('returns both possible tags of a version, the usual one first', () => {
	expect(tagsOfVersion(parseVersion('1.1.0') as Version)).toEqual(['v1.1.0', '1.1.0']);
});
