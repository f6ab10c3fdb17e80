/** The picture in the README shows what the demo prints today: `npm run picture` draws it again. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linesOfPicture } from '../../scripts/dev/terminal-picture.ts';
import { TOP } from './pages.ts';

const PICTURE = 'docs/demo.svg';
/** The demo itself ends before, on the slowest machine. */
const LIMIT_MS = 300_000;

const shown = linesOfPicture(readFileSync(join(TOP, PICTURE), 'utf8'));
const [command = '', , ...story] = shown;

/** Puts a # for what differs from run to run: times, ports, process ids, directories. */
function withoutChance(line: string): string {
	return line
		.trim()
		.replaceAll(/signalbox-demo-\w+/g, '#')
		.replaceAll(/\d+\.\d s\b/g, '#')
		.replaceAll(/127\.0\.0\.1:\d+/g, '#')
		.replaceAll(/process \d+/g, '#');
}

describe('the picture of the demo', () => {
	test('begins with the command of the README, which package.json has', () => {
		const { scripts } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8')) as {
			scripts: Record<string, string>;
		};
		const readme = readFileSync(join(TOP, 'README.md'), 'utf8');
		expect(command).toMatch(/^\$ npm run \w+$/);
		expect(readme).toContain(`&& ${command.slice(2)}\n`);
		expect(readme).toContain(`](${PICTURE})`);
		expect(Object.keys(scripts)).toContain(command.split(' ').at(-1));
	});

	test('shows what the demo prints', { timeout: LIMIT_MS }, () => {
		const printed = execFileSync(join(TOP, 'bin/signalbox'), ['demo'], {
			encoding: 'utf8',
			timeout: LIMIT_MS,
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const lines = printed.trimEnd().split('\n');
		expect(story.map(withoutChance)).toEqual(lines.map(withoutChance));
	});
});
