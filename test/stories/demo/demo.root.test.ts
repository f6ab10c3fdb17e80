/**
 * The demo as an ordinary user with an empty home, and as root in a private directory. Needs root, to become
 * another user.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const BIN = resolve(import.meta.dirname, '../../../bin/signalbox');
const NOBODY = 65534;
/** The demo ends earlier, even on a slow machine. */
const LIMIT = 300_000;

let temporary: string;
let home: string;
beforeEach(() => {
	temporary = realpathSync(mkdtempSync(join(tmpdir(), 'demo-story-')));
	home = join(temporary, 'home');
	mkdirSync(home);
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

function sentences(program: string, args: readonly string[]): readonly string[] {
	const ended = spawnSync(program, args, {
		cwd: '/',
		env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: temporary, HOME: home },
		encoding: 'utf8',
		timeout: LIMIT,
	});
	expect(ended.status, ended.stderr).toBe(0);
	expect(readdirSync(temporary)).toEqual(['home']);
	return (JSON.parse(ended.stdout) as { story: { sentence: string }[] }).story.map(
		({ sentence }) => sentence,
	);
}

describe('signalbox demo', { timeout: LIMIT }, () => {
	test('runs as an ordinary user and leaves an empty home empty', () => {
		for (const path of [temporary, home]) chownSync(path, NOBODY, NOBODY);
		const story = sentences('setpriv', [
			`--reuid=${NOBODY}`,
			`--regid=${NOBODY}`,
			'--clear-groups',
			BIN,
			'demo',
			'--json',
		]);
		expect(story[2]).toMatch(/as the same user\.$/);
		expect(story).toContainEqual(
			expect.stringMatching(/^Refused: cannot take .*: what came has another digest or length$/),
		);
		expect(story.at(-1)).toBe('Demo finished: every claim above was checked.');
		expect(readdirSync(home)).toEqual([]);
	});

	test('runs as root in a private directory without any network, with the manager as root', () => {
		chmodSync(temporary, 0o700);
		const noNetwork = 'ip link set lo up && test -z "$(ip -brief address | grep -v ^lo)"';
		const story = sentences('unshare', [
			'--net',
			'--',
			'sh',
			'-c',
			`${noNetwork} && exec ${BIN} demo --json`,
		]);
		expect(story[2]).toMatch(/as the same user\.$/);
		expect(story.at(-1)).toBe('Demo finished: every claim above was checked.');
	});
});
