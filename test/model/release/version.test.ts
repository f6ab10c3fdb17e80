import { expect, test } from 'vitest';
import {
	compareVersions,
	isNewer,
	isPrerelease,
	lowestOf,
	parseRange,
	parseVersion,
	satisfies,
	type Version,
	type VersionRange,
} from '../../../src/model/release/version.ts';

function version(text: string): Version {
	const parsed = parseVersion(text);
	if (parsed === undefined) throw new Error(`${text} is not a version`);
	return parsed;
}

function range(text: string): VersionRange {
	const parsed = parseRange(text);
	if (parsed === undefined) throw new Error(`${text} is not a range`);
	return parsed;
}

test.each([
	['1.2.3', '1.2.3'],
	['v1.2.3', '1.2.3'],
	[' 1.2.3\n', '1.2.3'],
	['0.1.4-beta.2', '0.1.4-beta.2'],
	['1.2.3+build', '1.2.3'],
])('reads %j as version %s', (text, expected) => {
	expect(parseVersion(text)).toBe(expected);
});

test.each([
	'',
	'1',
	'1.2',
	'latest',
	'1.2.3.4',
	'01.2.3',
	'1.2.3-',
	'-1.2.3',
	`1.2.3-${'a'.repeat(100)}`,
	null,
	1,
	{},
])('rejects %j as a version', (value) => {
	expect(parseVersion(value)).toBeUndefined();
});

test.each(['>=1.2.2', '=0.2.0', '*', '', '>0.0.0', '>=0.1.4-beta', '1.x || >=2.5.0', '~1.2.3', '^0.5.0'])(
	'accepts %j as a range',
	(text) => {
		expect(parseRange(text)).toBe(text);
	},
);

test.each(['new ones', '>=', '>=a.b.c', '>'.repeat(257), null, 1, ['*'], undefined])(
	'rejects %j as a range',
	(value) => {
		expect(parseRange(value)).toBeUndefined();
	},
);

test('orders versions by number, prereleases first, and ignores build metadata', () => {
	const ordered = [
		'0.1.4-beta',
		'0.1.4-beta.2',
		'0.1.4-beta.10',
		'0.1.4',
		'0.1.9',
		'0.1.10',
		'0.2.0',
		'1.0.0',
	].map(version);
	expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
	expect(compareVersions(version('1.0.0+a'), version('1.0.0+b'))).toBe(0);
});

test.each([
	['1.0.1', '1.0.0', true],
	['1.0.0', '1.0.0', false],
	['1.0.0-rc.1', '1.0.0', false],
	['0.10.0', '0.9.0', true],
])('%s is newer than %s: %s', (a, b, expected) => {
	expect(isNewer(version(a), version(b))).toBe(expected);
});

test.each([
	['0.4.18', '>=0.2.1', true, true],
	['0.2.0', '=0.2.0', true, true],
	['0.1.9', '=0.2.0', false, false],
	['0.3.0', '', true, true],
	['0.3.0-rc.1', '>=0.2.0', false, true],
	['0.3.0-rc.1', '*', false, true],
	['0.1.4-beta.2', '>=0.1.4-beta', true, true],
])('%s satisfies %j: %s without prereleases, %s with them', (text, wanted, without, including) => {
	expect(satisfies(version(text), range(wanted), 'exclude-prereleases')).toBe(without);
	expect(satisfies(version(text), range(wanted), 'include-prereleases')).toBe(including);
});

test.each([
	['>=0.4.18', '0.4.18'],
	['=0.2.0', '0.2.0'],
	['*', '0.0.0'],
	['', '0.0.0'],
	['>0.0.0', '0.0.1'],
	['>=0.1.4-beta', '0.1.4-beta'],
	['>2.0.0 <1.0.0', undefined],
])('the lowest version of %j is %s', (text, expected) => {
	expect(lowestOf(range(text))).toBe(expected);
});

test.each([
	['1.0.0', false],
	['1.0.0-rc.1', true],
	['0.3.9-patch-1', true],
])('%s is a prerelease: %s', (text, expected) => {
	expect(isPrerelease(version(text))).toBe(expected);
});
