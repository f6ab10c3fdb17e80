/**
 * Hooks that hang, flood, ask to run later again and again, or fail: each ends, and the old release is
 * complete.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectGoodUpdateWorks, expectNothingChanged, type Refusal } from '../../box/expect.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '>=1.0.0' };

async function expectRolledBack(box: Box, code: Refusal['code']): Promise<void> {
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code, exit: 4 });
	box.configure('');
	await expectGoodUpdateWorks(box);
}

/** Long enough for the hooks before the hanging one, and for starting the old release. */
const SHORT = '[hooks]\ntimeout = "3s"';

const logOf = (box: Box, hook: string) =>
	join(box.layout.changes, box.change().change, 'logs', `${hook}.log`);

test('rolls back when hook 00 exits with 1', async () => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, does: { '00': 'exit 1' } });
	await expectRolledBack(box, 'hook-failed');
});

test('ends a hanging hook and all its descendants at the time limit', async () => {
	const box = boxForTest(OLD);
	box.configure(SHORT);
	box.publish({ ...NEW, does: { '01': 'sleep 300 & (sleep 301 & sleep 302) & wait' } });
	await expectRolledBack(box, 'hook-timeout');
});

test('kills a hanging hook that ignores TERM', async () => {
	const box = boxForTest(OLD);
	box.configure(SHORT);
	box.publish({ ...NEW, does: { '02': 'trap "" TERM; while :; do sleep 0.1; done' } });
	await expectRolledBack(box, 'hook-timeout');
});

test.each([75, 21])(
	'rolls back when a hook exits with %d until its retry budget is used up',
	async (code) => {
		const box = boxForTest(OLD);
		box.configure('[hooks]\npause = "100ms"\nlater = "300ms"');
		box.publish({ ...NEW, does: { '00': `exit ${code}` } });
		await expectRolledBack(box, 'hook-later');
		const tries =
			readdirSync(box.layout.changes)
				.sort()
				.filter((name) => /^\d/.test(name))[0] ?? '';
		const journal = readFileSync(join(box.layout.changes, tries, 'journal'), 'utf8');
		expect(journal.match(/"event":"doing","step":"hook:00-run.sh"/g)).toHaveLength(4);
	},
);

test('commits when a hook exits with 75 once and then 0, and reports the wait', async () => {
	const box = boxForTest(OLD);
	box.configure('[hooks]\npause = "2s"\nlater = "10s"');
	box.publish({ ...NEW, does: { '01': 'if mkdir "$ROOT"/db/once 2>/dev/null; then exit 75; fi' } });
	const running = box.startUpdater('update');
	const states = new Set<string>();
	let over = false;
	void running.ended.then(() => (over = true));
	while (!over) {
		await new Promise((resolve) => setTimeout(resolve, 10));
		if (existsSync(box.layout.changeStatus)) states.add(box.change().state);
	}
	expect((await running.ended).code).toBe(0);
	states.add(box.change().state);
	expect([...states]).toEqual(expect.arrayContaining(['installing', 'waiting', 'committed']));
	expect(box.version()).toBe('1.1.0');
});

test('keeps a bounded part of 100 MB of hook output, including the end', async () => {
	const box = boxForTest(OLD);
	box.configure('[hooks]\noutput = "1MB"');
	box.publish({
		...NEW,
		does: { '01': '{ yes "noise of a hook" || true; } | head -c 100000000; echo last words; exit 1' },
	});
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code: 'hook-failed', exit: 4 });
	const log = logOf(box, '01-run.sh');
	expect(statSync(log).size).toBeLessThanOrEqual(1024 * 1024);
	expect(readFileSync(log, 'utf8').slice(0, 100)).toMatch(/^\[\d+ bytes left out\]\n/);
	expect(readFileSync(log, 'utf8').slice(-11)).toBe('last words\n');
	expect(box.change().error?.facts['output']).toContain('last words');
	expect(statSync(box.layout.changeStatus).size).toBeLessThan(20_000);
});

test('keeps control characters of hook output out of statuses and log', async () => {
	const box = boxForTest(OLD);
	box.publish({
		...NEW,
		does: { '01': 'printf "\\033[2J\\033]0;owned\\007" | tee "$ROOT"/statuses/update-failure; exit 1' },
	});
	await box.updater('update');
	expect(JSON.stringify([box.change().description, box.legacyStatus()['description']])).not.toMatch(
		/\\u00|\\b|\\f/,
	);
	expect(readFileSync(box.layout.log, 'latin1')).not.toContain('\u001b');
	expect(readFileSync(box.layout.log, 'latin1')).not.toContain('\\u001b');
});

test('gives hooks an environment built from nothing and none of our open files', async () => {
	const box = boxForTest(OLD);
	box.publish({
		...NEW,
		does: {
			'01': 'env | sort > "$ROOT"/db/environment; ls -l /proc/$$/fd > "$ROOT"/db/files; pwd > "$ROOT"/db/pwd; echo "$0 $@" > "$ROOT"/db/call',
		},
	});
	process.env['LEAKED'] = 'secret';
	process.env['BASH_ENV'] = '/tmp/evil';
	try {
		expect((await box.updater('update')).code).toBe(0);
	} finally {
		delete process.env['LEAKED'];
		delete process.env['BASH_ENV'];
	}
	const read = (name: string) => readFileSync(join(box.root, 'db', name), 'utf8');
	const names = read('environment')
		.split('\n')
		.map((line) => line.split('=')[0])
		.filter((name) => name !== '');
	const shells = ['OLDPWD', 'PWD', 'SHLVL', '_'];
	const ours = ['CHANGE', 'CONFIG', 'FROM', 'HOOK', 'ROOT', 'TO'].map((name) => `SIGNALBOX_${name}`);
	expect(new Set(names)).toEqual(
		new Set([
			'HOME',
			'LANG',
			'LOGNAME',
			'PATH',
			'SHELL',
			'USER',
			...ours,
			...shells.filter((name) => names.includes(name)),
		]),
	);
	expect(read('environment')).toContain(`SIGNALBOX_ROOT=${box.root}\n`);
	expect(read('call')).toBe(`./01-run.sh v1.1.0 ${box.root}\n`);
	expect(read('pwd')).toMatch(/\/\.citadel-v1\.1\.0\/scripts\/update\n$/);
	expect(read('files')).not.toMatch(/journal|\.lock|signalbox\.log|store\.git/);
});
