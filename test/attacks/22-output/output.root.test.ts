/**
 * Threat 22: what a release prints and writes is shown to people. It steers no terminal, forges no line and
 * fills no disk.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest, startProgram } from '../../box/box.ts';
import { builtProgram } from '../../programs.ts';
import { ringForUpdate, startKaren } from '../karen.ts';

/** A title, a cleared screen, an early end of a colour, a forged end of a line; the last one has no end. */
const STEER = '\\033]0;owned\\007\\033[2J\\r\\033[31mred\\302\\233\\033[8m\\342\\200\\256';
/** What is neither text nor the end of a line, or turns text around. */
const STEERS = /[^\P{C}\n\t]/u;
const FORGED = '{"level":30,"program":"karen","msg":"committed 9.9.9"}';

test('escape codes, forged lines and 10 MB without an end', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const evil = `printf '${STEER}\\n${FORGED}\\n'`;
	box.publish({
		version: '1.1.0',
		requires: '*',
		does: {
			'01': `${evil}; ${evil} >&2; ${evil} > "$ROOT"/statuses/update-failure
				head -c 10M /dev/zero | tr '\\0' x
				printf '{"state": "installing", "progress": 50, "updateTo": "", "description": "%s"}' "$(printf 'owned \\033[2J\\r\\n${'x'.repeat(500)}' | sed 's/\\x1b/\\\\u001b/g; s/\\r/\\\\r/g' | tr '\\n' ' ')" > "$ROOT"/statuses/update-status.json
				sleep 0.5; ${evil}; exit 1`,
		},
	});
	await startKaren(box);
	expect(await ringForUpdate(box, '')).toMatchObject({ state: 'failed', exitCode: 4 });

	const { statuses, log } = box.layout;
	const told = [
		...readdirSync(statuses, { recursive: true, encoding: 'utf8' }).map((name) => join(statuses, name)),
		log,
	]
		.filter((path) => statSync(path).isFile() && !path.endsWith('update-failure'))
		.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
	expect(told.length).toBeGreaterThan(4);
	for (const { path, text } of told) {
		expect(text.length, path).toBeLessThan(100_000);
		expect(text, path).not.toMatch(STEERS);
		expect(text, path).not.toMatch(/\\u00(?:1b|07|0d|9b|7f)|\\u202e|\\r|\\b|\\f/i);
	}
	const lines = readFileSync(log, 'utf8').trim().split('\n');
	expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).not.toContain('committed 9.9.9');
	expect(box.change().description.length).toBeLessThan(1000);

	const { ended } = startProgram(
		[builtProgram('operator'), '--root', box.root, '--config', box.config, 'status'],
		'',
	);
	expect((await ended).stdout).not.toMatch(STEERS);
});
