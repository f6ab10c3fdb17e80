/** The command line of `signalbox release`. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { RELEASE } from '../../src/author/program.ts';
import { readCommandLine } from '../../src/terminal/command-line.ts';
import { author } from './author.ts';

const BIN = resolve(import.meta.dirname, '../../bin/signalbox');

test.each(RELEASE.subcommands.map((subcommand) => [subcommand.name, subcommand] as const))(
	'prints the help of %s, with examples that parse',
	async (name, { examples }) => {
		const ran = await author().done([name, '--help']);
		expect(ran.out).toMatch(new RegExp(`^Usage: signalbox release ${name} `));
		for (const option of ['--repository', '--draft', '--json']) expect(ran.out).toContain(option);
		for (const { line } of examples)
			expect(readCommandLine(line.split(' ').slice(2), RELEASE, '1'), line).toMatchObject({ kind: 'run' });
	},
);

test.each<[string, RegExp]>([
	['build', /without a tag/],
	['build main', /"main" as a tag/],
	['build --upload-pack=x', /unknown option/],
	['build v1.0.0 --git a --from b', /from git and from a directory/],
	['build v1.0.0 --expires never', /"never" as --expires/],
	['publish --expires 0d', /"0d" as --expires/],
	['publish', /there is no draft/],
	['refresh', /nothing is published there/],
	['rotate-root', /none is published there/],
	['revoke', /cannot revoke nothing/],
	['revoke v1', /"v1" as the release/],
	['revoke --minimum-safe x', /"x" as --minimum-safe/],
	['verify', /no metadata\/1\.root\.json/],
	['--repository= verify', /empty --repository/],
	['sing', /did you mean sign/],
])('rejects %s', async (line, message) => {
	const ran = await author().release(line.split(' '));
	expect(ran).toMatchObject({ exit: 2, out: '' });
	expect(ran.err).toMatch(message);
});

test.each([
	['release', 'build', '--help'],
	['--json', 'release', 'build', '--help'],
])('is reached through bin/signalbox %s %s %s', (...words) => {
	const ran = spawnSync(BIN, words, { encoding: 'utf8' });
	expect(ran.stderr).toBe('');
	expect(ran.stdout).toMatch(/^Usage: signalbox release build /);
});

test('is named in the help of a box, with its location', () => {
	expect(spawnSync(BIN, ['--help'], { encoding: 'utf8' }).stdout).toMatch(/ {2}release {2,}for authors/);
	const wrong = spawnSync(BIN, ['--root', '/x', 'release', 'build'], { encoding: 'utf8' });
	expect(wrong.status).toBe(2);
	expect(wrong.stderr).toContain('write signalbox release first');
});
