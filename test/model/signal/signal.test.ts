import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTemporaryName, parseSignalName, stampOf } from '../../../src/model/signal/signal.ts';
import { rounds } from '../../fuzz.ts';

describe('names', () => {
	test.each([
		'update',
		'app-install-btcpay-server',
		'repo-add',
		'set-update-channel',
		'a',
		'0',
		'A.b_c-d',
		'x'.repeat(100),
	])('%.30s', (name) => {
		expect(parseSignalName(name)).toBe(name);
	});

	test.each([
		'',
		'.',
		'..',
		'.gitkeep',
		'a/b',
		'/update',
		'../update',
		'a..b',
		'up date',
		'update\n',
		'\nupdate',
		'update\0',
		'-rf',
		'--help',
		'_x',
		'$(id)',
		"a'b",
		'a"b',
		'ünder',
		'x'.repeat(101),
		'x'.repeat(300),
	])('rejects %.30j', (name) => {
		expect(parseSignalName(name)).toBeUndefined();
	});

	test('accepts only names that are one safe path component', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: fc.constantFrom('a', 'Z', '0', '.', '-', '_', '/', ' ', '\n', '\0', '$') }),
				(text) => {
					const name = parseSignalName(text);
					if (name !== undefined) expect(name).toMatch(/^[A-Za-z0-9][\w.-]*$/);
				},
			),
			rounds(100),
		);
	});
});

test.each([
	['.update.swp', true],
	['.', true],
	['update', false],
	['update.tmp', false],
])('%s is a temporary name: %s', (name, expected) => {
	expect(isTemporaryName(name)).toBe(expected);
});

test('creates a different stamp when any part differs', () => {
	const parts = { ino: 1n, size: 2n, mtimeNs: 3n, ctimeNs: 4n };
	const others = [{ ino: 9n }, { size: 9n }, { mtimeNs: 9n }, { ctimeNs: 9n }].map((change) =>
		stampOf({ ...parts, ...change }),
	);
	expect(new Set([stampOf(parts), stampOf({ ...parts }), ...others]).size).toBe(5);
	expect(stampOf({ ...parts, ino: 12n, size: 3n })).not.toBe(stampOf({ ...parts, ino: 1n, size: 23n }));
});
