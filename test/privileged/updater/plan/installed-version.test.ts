/** What root itself noted as installed, against what info.json says: they agree, or it is told. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../../src/model/base/layout.ts';
import { parseVersion, type Version } from '../../../../src/model/release/version.ts';
import {
	installedNow,
	notedVersion,
	noteVersion,
	requireInstalled,
} from '../../../../src/privileged/updater/plan/installed-version.ts';
import { infoJson } from '../../../box/releases/citadel.ts';
import { scratch } from '../../../scratch.ts';

function boxSaying(version: string) {
	const layout = layoutOf(join(scratch(), 'root'), join(scratch(), 'state'));
	mkdirSync(layout.root, { recursive: true });
	mkdirSync(layout.changes, { recursive: true });
	writeFileSync(layout.info, infoJson(version, '*'));
	return layout;
}

const version = (text: string) => parseVersion(text) as Version;

test('adopts the version in info.json once when root has no file of its own', () => {
	const layout = boxSaying('1.2.0');
	expect(installedNow(layout)).toMatchObject({ kind: 'agreed', info: { version: '1.2.0' } });
	expect(notedVersion(layout)).toBe('1.2.0');
	writeFileSync(layout.info, infoJson('1.1.0', '*'));
	expect(installedNow(layout)).toMatchObject({ kind: 'differs', noted: '1.2.0' });
	expect(notedVersion(layout)).toBe('1.2.0');
});

test.each([
	['older', '1.1.0'],
	['newer, which leaves stepping stones out', '1.3.0'],
	['a prerelease of it', '1.2.0-rc.1'],
	['it with a suffix of another hand', '1.2.0-build-0a1b2c3'],
])('rejects an info.json that differs from what root installed: %s', (_, says) => {
	const layout = boxSaying(says);
	noteVersion(layout, version('1.2.0'));
	expect(() => requireInstalled(layout)).toThrow(
		expect.objectContaining({
			record: expect.objectContaining({
				code: 'installed-differs',
				message: expect.stringContaining(`says ${says}`),
				hint: expect.stringContaining('resolve --keep'),
				facts: { says, installed: '1.2.0' },
			}),
		}),
	);
});

test.each(['1.2.0', 'v1.2.0', '1.2.0+build.7'])('ignores build metadata and a leading v: %s', (says) => {
	const layout = boxSaying(says);
	noteVersion(layout, version('1.2.0'));
	expect(requireInstalled(layout).version).toBe('1.2.0');
});

test('neither writes nor compares the version while a change is open', () => {
	const layout = boxSaying('1.3.0');
	writeFileSync(layout.currentChange, '20261121-111239-bc5e\n');
	expect(installedNow(layout)).toMatchObject({ kind: 'agreed', info: { version: '1.3.0' } });
	expect(existsSync(layout.version)).toBe(false);
	noteVersion(layout, version('1.2.0'));
	expect(installedNow(layout)).toMatchObject({ kind: 'agreed', info: { version: '1.3.0' } });
});

describe('rejects an unreadable version file and leaves it as it is', () => {
	test.each([
		'',
		'{',
		'[]',
		'{"schema": 1}',
		'{"schema": 1, "version": "newest"}',
		`{"version": "1.0.0"}${' '.repeat(5000)}`,
	])('%j', (text) => {
		const layout = boxSaying('1.0.0');
		writeFileSync(layout.version, text);
		expect(() => installedNow(layout)).toThrow(
			expect.objectContaining({ record: expect.objectContaining({ code: 'state-damaged' }) }),
		);
		expect(readFileSync(layout.version, 'utf8')).toBe(text);
	});
});
