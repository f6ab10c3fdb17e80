import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	comparePaths,
	linkStaysInside,
	parseReleasePath,
	RELEASE_PATH_MAX,
	type ReleasePath,
} from '../../../src/model/release/manifest.ts';
import { rounds } from '../../fuzz.ts';

describe('paths', () => {
	test.each([
		'info.json',
		'scripts/update/00-run.sh',
		'.env',
		'.gitignore',
		'a b/ü',
		'...',
		'a/..b',
		'-rf',
		'x'.repeat(RELEASE_PATH_MAX),
	])('%.30j', (path) => {
		expect(parseReleasePath(path)).toBe(path);
	});

	test.each([
		'',
		'/',
		'/etc/passwd',
		'..',
		'../x',
		'a/../b',
		'a/..',
		'.',
		'./a',
		'a/./b',
		'a//b',
		'a/',
		'.git',
		'.git/hooks/post-checkout',
		'a/.GIT/config',
		'a\\b',
		'a\nb',
		'a\0b',
		'a\u007fb',
		'a\ud83d',
		'x'.repeat(RELEASE_PATH_MAX + 1),
	])('rejects %.30j', (path) => {
		expect(parseReleasePath(path)).toBeUndefined();
	});

	test('accepts no path that leads out of the release', () => {
		const part = fc.constantFrom('a', '..', '.', '', '.git', 'b c', '\\', '\0', '/');
		fc.assert(
			fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
				const path = parseReleasePath(parts.join('/'));
				if (path === undefined) return;
				expect(normalize(`/release/${path}`)).toBe(`/release/${path}`);
			}),
			rounds(100),
		);
	});
});

test('orders paths by their bytes', () => {
	expect(['\u{1F600}', '\uFFFD', 'a/b', 'a.b', 'a', 'Z', 'é'].sort(comparePaths)).toEqual([
		'Z',
		'a',
		'a.b',
		'a/b',
		'é',
		'\uFFFD',
		'\u{1F600}',
	]);
});

describe('links', () => {
	test.each([
		['current', 'releases/1'],
		['a/b/link', '../c'],
		['a/b/link', '../../c'],
		['a/b/link', '../..'],
		['link', '.'],
		['link', './a/./b/'],
		['link', '..a'],
	])('accepts %s → %s', (path, target) => {
		expect(linkStaysInside(path as ReleasePath, target)).toBe(true);
	});

	test.each([
		['link', ''],
		['link', '/etc/passwd'],
		['link', '..'],
		['link', '../x'],
		['a/link', '../../x'],
		['a/link', './../../x'],
		['link', 'a/../../x'],
		['link', 'a/link/../..'],
		['link', 'a\\b'],
		['link', 'a\nb'],
		['link', 'a\0b'],
		['link', 'a\ude00'],
		['link', 'x'.repeat(RELEASE_PATH_MAX + 1)],
	])('rejects %s → %.30j', (path, target) => {
		expect(linkStaysInside(path as ReleasePath, target)).toBe(false);
	});

	test('accepts no set of links that leads out through one another', () => {
		const parts = (choices: readonly string[]) =>
			fc.array(fc.constantFrom(...choices), { minLength: 1, maxLength: 5 }).map((all) => all.join('/'));
		const link = fc.tuple(
			fc.constantFrom('l', 'a/l', 'a/m', 'a/b/l', 'a/b/m'),
			parts(['a', 'b', 'l', 'm', '..', '..', '.', '']),
		);
		fc.assert(
			fc.property(fc.array(link, { minLength: 1, maxLength: 5 }), (links) => {
				const passing = links.filter(([path, target]) => linkStaysInside(path as ReleasePath, target));
				expect(escapes(passing)).toEqual([]);
			}),
			rounds(300),
		);
	});

	/** Creates the links on disk and returns those that the kernel follows out of the release. */
	function escapes(links: readonly (readonly [string, string])[]): string[] {
		const top = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-links-')));
		const release = join(top, 'release');
		try {
			for (const directory of ['a/b', 'b', 'l', 'm', 'release/a/b', 'release/b'])
				mkdirSync(join(top, directory), { recursive: true });
			for (const [path, target] of new Map(links)) symlinkSync(target, join(release, path));
			const leading = links.map(([path]) => join(release, path)).filter(existsSync);
			return leading
				.map((path) => realpathSync(path))
				.filter((real) => real !== release && !real.startsWith(`${release}/`));
		} finally {
			rmSync(top, { recursive: true, force: true });
		}
	}
});
