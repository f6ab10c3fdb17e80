import { expect, test } from 'vitest';
import { formatSize, formatSpan, parseSize, parseSpan, writeSpan } from '../../../src/model/base/units.ts';

test.each([
	['250ms', 250],
	['30s', 30_000],
	['1.5s', 1500],
	['5m', 300_000],
	['4h', 14_400_000],
	['14d', 1_209_600_000],
	['0s', 0],
	['0.0004s', undefined],
])('reads %s as %s ms', (text, expected) => {
	expect(parseSpan(text)).toBe(expected);
});

test.each([
	'',
	'5',
	's',
	'-5s',
	'5 s',
	'5S',
	'5sec',
	'1e3s',
	'.5s',
	'5.s',
	'5s\n',
	'1h30m',
	'9999999999s',
	'٥s',
])('rejects %j as a duration', (text) => {
	expect(parseSpan(text)).toBeUndefined();
});

test.each([
	[0, '0s'],
	[1, '0.001s'],
	[250, '0.25s'],
	[90_000, '90s'],
	[120_000, '2m'],
	[3_600_000, '1h'],
	[24 * 86_400_000, '24d'],
	[24 * 86_400_000 - 1, '2073599.999s'],
])('writes %d ms as %s', (milliseconds, text) => {
	expect(writeSpan(milliseconds)).toBe(text);
	expect(parseSpan(text)).toBe(milliseconds);
});

test.each([
	['0B', 0],
	['64KB', 65_536],
	['1.5KB', 1536],
	['16MB', 16_777_216],
	['2GB', 2_147_483_648],
])('reads %s as %d bytes', (text, expected) => {
	expect(parseSize(text)).toBe(expected);
});

test.each(['', '64', 'KB', '64kB', '64K', '64 KB', '-1B', '1TB', '64KB '])('rejects %j as a size', (text) => {
	expect(parseSize(text)).toBeUndefined();
});

test.each([
	[0, '0 ms'],
	[999, '999 ms'],
	[1234, '1.2 s'],
	[119_999, '120.0 s'],
	[120_000, '2 min'],
	[3_600_000, '60 min'],
	[9_000_000, '2.5 h'],
])('displays %d ms as %s', (milliseconds, expected) => {
	expect(formatSpan(milliseconds)).toBe(expected);
});

test.each([
	[0, '0 B'],
	[1023, '1023 B'],
	[1024, '1.0 KB'],
	[1_468_006, '1.4 MB'],
	[5 * 1024 ** 3, '5.0 GB'],
	[5000 * 1024 ** 3, '5000.0 GB'],
])('displays %d bytes as %s', (bytes, expected) => {
	expect(formatSize(bytes)).toBe(expected);
});
