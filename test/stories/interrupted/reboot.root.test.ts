/**
 * Releases that ask for a reboot. The tests simulate it: the machine goes down when its updater is killed,
 * and is up again when the boot id differs; each updater sees a file of the test mounted over the kernel's
 * boot id.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest, type Ended, REPOSITORY, startProgram } from '../../box/box.ts';
import { expectGoodUpdateWorks } from '../../box/expect.ts';
import { builtProgram } from '../../programs.ts';

const OLD = { version: '1.0.0', requires: '*' };
const ASKING = { 'scripts/update/.release.json': '{"reboot": "after-01"}' };
const NEW = {
	version: '1.1.0',
	requires: '*',
	files: ASKING,
	does: { '02': 'cat /proc/sys/kernel/random/boot_id >"$ROOT"/logs/boot-of-02' },
};

const FIRST = '00000000-0000-4000-8000-000000000001';
const SECOND = '00000000-0000-4000-8000-000000000002';

/** What the reboot command does after recording that it was called; `$BOOT` is the file of the boot id. */
type Command = 'goes down' | 'takes only the updater with it' | 'does nothing';

const COMMANDS: Readonly<Record<Command, string>> = {
	'goes down': `echo ${SECOND} >"$BOOT"; kill -KILL $PPID`,
	'takes only the updater with it': 'kill -KILL $PPID',
	'does nothing': '',
};

interface Machine {
	readonly box: Box;
	/** How often the reboot command ran. */
	asked(): number;
	/** Runs the updater in the current boot. */
	updater(verb: string): Promise<Ended>;
}

function machine(command: Command): Machine {
	const box = boxForTest(OLD);
	const boot = join(box.dir, 'boot-id');
	const asked = join(box.dir, 'asked');
	const program = join(box.dir, 'reboot.sh');
	writeFileSync(boot, `${FIRST}\n`);
	writeFileSync(program, `#!/bin/sh\nBOOT=${boot}\necho "$@" >>${asked}\n${COMMANDS[command]}\n`, {
		mode: 0o755,
	});
	// The deadline of a command that does nothing passes completely at each attempt.
	const deadline = command === 'does nothing' ? '2s' : '60s';
	box.configure(
		`[reboot]\ncommand = ["${program}", "now"]\ndeadline = "${deadline}"\ntries = 2\n[hooks]\npause = "10ms"\n`,
	);
	box.publish(NEW);
	return {
		box,
		asked: () => (existsSync(asked) ? readFileSync(asked, 'utf8').split('\n').length - 1 : 0),
		updater: (verb) =>
			inBoot(boot, [builtProgram('updater'), verb, '--root', box.root, '--config', box.config]),
	};
}

/** Runs a program of ours to its end with the boot id of the file. */
function inBoot(file: string, args: readonly string[]): Promise<Ended> {
	const inside = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
	const child = spawn('unshare', ['--mount', 'sh', '-c', inside, file, process.execPath, ...args], {
		cwd: REPOSITORY,
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let stderr = '';
	child.stderr.on('data', (piece) => (stderr += piece));
	return new Promise((done, reject) => {
		child.once('error', reject);
		child.once('exit', (code) => done({ code, stdout: '', stderr }));
	});
}

test('continues the update in the next boot after the machine went down', async () => {
	const { box, asked, updater } = machine('goes down');
	expect((await updater('update')).code).toBe(null);
	const words = 'Restarting the machine; the update continues after the restart';
	expect(box.change()).toMatchObject({
		state: 'rebooting',
		step: 'reboot',
		description: words,
		endedAt: null,
	});
	expect(box.legacyStatus()).toMatchObject({ state: 'installing', description: words, updateTo: 'v1.1.0' });
	const status = startProgram(
		[builtProgram('operator'), '--root', box.root, '--config', box.config, 'status'],
		'',
	);
	expect((await status.ended).stdout).toMatch(
		/^state +rebooting\n(.*\n)*progress +\d+ %: Restarting the machine;/m,
	);
	expect(existsSync(join(box.root, 'logs/boot-of-02'))).toBe(false);

	expect((await updater('resume')).code).toBe(0);
	expect(box.change()).toMatchObject({ state: 'committed', outcome: { version: '1.1.0', warnings: [] } });
	expect(readFileSync(join(box.root, 'logs/boot-of-02'), 'utf8')).toBe(`${SECOND}\n`);
	expect(asked()).toBe(1);
	expect(box.leftovers()).toEqual([]);
	await expectGoodUpdateWorks(box);
});

test('asks again when resumed in the same boot, and continues after the reboot', async () => {
	const { box, asked, updater } = machine('takes only the updater with it');
	expect((await updater('update')).code).toBe(null);
	writeFileSync(
		join(box.dir, 'reboot.sh'),
		`#!/bin/sh\necho >>${box.dir}/asked\necho ${SECOND} >${box.dir}/boot-id\nkill -KILL $PPID\n`,
	);
	expect((await updater('resume')).code).toBe(null);
	expect(box.change().state).toBe('rebooting');
	expect((await updater('resume')).code).toBe(0);
	expect(asked()).toBe(2);
	expect(box.version()).toBe('1.1.0');
});

test.each<[Command, number]>([
	['does nothing', 0],
	['takes only the updater with it', 2],
])('rolls back a machine that %s after asking twice, as configured', async (command, resumes) => {
	const { box, asked, updater } = machine(command);
	const before = box.fingerprint();
	let end = await updater('update');
	for (let turn = 0; turn < resumes; turn += 1) end = await updater('resume');
	expect(end.code).toBe(4);
	expect(box.change()).toMatchObject({ state: 'rolled-back', error: { code: 'reboot-failed' } });
	expect(asked()).toBe(2);
	expect(box.fingerprint()).toEqual(before);
	expect(box.leftovers()).toEqual([]);
});

test('rolls back after an unexpected power cut in the next boot', async () => {
	const { box, updater } = machine('goes down');
	const before = box.fingerprint();
	box.publish({ ...NEW, version: '1.1.1', does: { '02': 'kill -KILL $PPID' } });
	expect((await updater('update')).code).toBe(null);
	expect((await updater('resume')).code).toBe(null);
	expect((await updater('resume')).code).toBe(4);
	expect(box.change()).toMatchObject({ state: 'rolled-back', error: { code: 'interrupted' } });
	expect(box.fingerprint()).toEqual(before);
});

test('refuses a release that needs a reboot when the reboot command is missing', async () => {
	const box = boxForTest(OLD);
	box.configure('[reboot]\ncommand = ["/nonexistent/reboot"]');
	box.publish(NEW);
	const before = box.fingerprint();
	expect((await box.updater('update')).code).toBe(3);
	expect(box.change()).toMatchObject({
		state: 'failed',
		error: { code: 'tool-missing', facts: { missing: ['/nonexistent/reboot'] } },
	});
	expect(box.fingerprint()).toEqual(before);
});
