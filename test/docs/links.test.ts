/** Every relative link of every page has a target, and every page that the code mentions exists. */
import { existsSync, globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { pagesIn, proseOf, TOP, textOf } from './pages.ts';

const PAGES = pagesIn('**/*.md');

/** Returns anchors as GitHub generates them: lower case, dashes for spaces, no other punctuation. */
function anchorsOf(page: string): ReadonlySet<string> {
	const headings = proseOf(textOf(page)).matchAll(/^#+ (.*)$/gm);
	return new Set(
		[...headings].map(([, text = '']) =>
			text
				.toLowerCase()
				.replace(/[^\w\- ]/g, '')
				.replaceAll(' ', '-'),
		),
	);
}

interface Link {
	readonly written: string;
	readonly path: string;
	readonly anchor: string;
}

function linksOf(page: string): readonly Link[] {
	const written = [...proseOf(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
	return written
		.filter((target) => !/^[a-z]+:/.test(target))
		.map((target) => {
			const [path = '', anchor = ''] = target.split('#');
			return { written: target, path: path === '' ? page : join(dirname(page), path), anchor };
		});
}

function isBroken({ path, anchor }: Link): boolean {
	const full = join(TOP, path);
	if (path.startsWith('..') || !existsSync(full)) return true;
	return anchor !== '' && (!statSync(full).isFile() || !anchorsOf(path).has(anchor));
}

test.each(PAGES)('has no broken links in %s', (page) => {
	expect(
		linksOf(page)
			.filter(isBroken)
			.map(({ written }) => written),
	).toEqual([]);
});

test('finds links and anchors', () => {
	expect(PAGES).toEqual(
		expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/words.md', 'examples/demo/README.md']),
	);
	expect(linksOf('docs/operator/troubleshooting.md').length).toBeGreaterThan(5);
	expect(anchorsOf('docs/operator/signals.md')).toContain('the-report');
});

test('finds every page that texts and comments mention', () => {
	const files = [...globSync('{src,scripts,bench,test}/**/*.{ts,sh}', { cwd: TOP }), ...PAGES, '.ci/run'];
	const named = files.flatMap((file) =>
		[...textOf(file).matchAll(/\bdocs\/[\w/.-]*\w/g)].map(([path]) => [file, path] as const),
	);
	const missing = named.filter(([, path]) => globSync(`${path}*`, { cwd: TOP }).length === 0);
	expect(named.length).toBeGreaterThan(10);
	expect(missing).toEqual([]);
});
