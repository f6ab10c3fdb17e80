/**
 * The tables of docs/operator/configuration.md are current, and every configuration that pages show is valid.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/model/config/config.ts';
import { parseToml } from '../../src/system/toml.ts';
import { scratch } from '../scratch.ts';
import { blocksOf, pagesIn, TOP, textOf } from './pages.ts';

const PAGE = 'docs/operator/configuration.md';

function rewritten(text: string): string {
	const file = join(scratch(), 'page.md');
	writeFileSync(file, text);
	execFileSync(process.execPath, [join(TOP, 'scripts/dev/write-config-page.ts'), file], { stdio: 'pipe' });
	return readFileSync(file, 'utf8');
}

test('has the tables that scripts/dev/write-config-page.ts writes', () => {
	expect(textOf(PAGE)).toBe(rewritten(textOf(PAGE)));
});

test('rewrites a table that was changed by hand, and nothing else', () => {
	const stale = textOf(PAGE).replace(
		/\| `hooks\.timeout` .*\n/,
		'| `hooks.timeout` | span | `"9h"` | of old |\n',
	);
	expect(stale).not.toBe(textOf(PAGE));
	expect(rewritten(stale)).toBe(textOf(PAGE));
});

test('refuses a page without markers for the tables', () => {
	expect(() => rewritten('# Configuration\n')).toThrow('the page has no part');
});

const shown = pagesIn('README.md', 'docs/**/*.md').flatMap((page) =>
	blocksOf(textOf(page), 'toml').map((text, index) => [`${page}, block ${index + 1}`, text] as const),
);

test.each(shown)('accepts the configuration in %s', (where, text) => {
	const parsed = parseToml(text);
	expect(parsed).toMatchObject({ kind: 'toml' });
	if (parsed.kind === 'toml') parseConfig(parsed.value, where);
});

test('finds configurations in pages', () => {
	expect(shown.length).toBeGreaterThan(1);
});

test('explains only keys that exist', () => {
	const keys = new Set([...textOf(PAGE).matchAll(/^\| `([^`]+)` \|/gm)].map(([, key = '']) => key));
	const explained = [...textOf(PAGE).matchAll(/^\*\*`([^`]+)`\*\*/gm)].map(([, key = '']) =>
		key.replace(/^\[\[(.*)\]\]$/, '$1[].name'),
	);
	expect(explained.length).toBeGreaterThan(8);
	expect(explained.filter((key) => !keys.has(key))).toEqual([]);
});
