/** The program itself: bad input gets a message and an exit code, never a stack trace. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { boxForTest, startProgram } from '../../box/box.ts';
import { builtProgram } from '../../programs.ts';

const MAIN = builtProgram('updater');

describe('arguments', () => {
	test.each<[string, number, readonly string[]]>([
		['nothing', 2, []],
		['an unknown verb', 2, ['upgrade', '--root', '/tmp']],
		['an unknown option', 2, ['update', '--force']],
		['an option without its value', 2, ['update', '--root']],
		['a root that is none', 2, ['update', '--root', '/nonexistent', '--config', '/nonexistent/config']],
	])('%s: exit %d', async (_, exit, args) => {
		const end = await startProgram([MAIN, ...args], '').ended;
		expect(end.code).toBe(exit);
		expect(end.stderr).toMatch(/^cannot [^\n]+\n[^\n]+\n$/);
		expect(end.stdout).toBe('');
	});
});

describe('the configuration', () => {
	test('that another user could write is not believed', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		chmodSync(box.config, 0o666);
		const end = await box.updater('update');
		expect(end.code).toBe(3);
		expect(end.stderr).toMatch(/^cannot trust .*config\.toml: .* can be written by other users\n/);
	});

	test('in a directory that another user could write is not believed either', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		const open = join(box.dir, 'open');
		mkdirSync(open);
		chmodSync(open, 0o777);
		writeFileSync(join(open, 'config.toml'), readFileSync(box.config));
		const end = await startProgram(
			[MAIN, 'update', '--root', box.root, '--config', join(open, 'config.toml')],
			'',
		).ended;
		expect(end.code).toBe(3);
		chmodSync(open, 0o755);
	});

	test('of the root is found without --config', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		mkdirSync(join(box.root, '.signalbox'));
		writeFileSync(join(box.root, '.signalbox/config.toml'), readFileSync(box.config));
		const end = await startProgram([MAIN, 'check', '--root', box.root], '').ended;
		expect(end.code).toBe(0);
	});
});

describe('check', () => {
	test('reports up to date, ahead, and why there is no path, each with its exit code', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		const reason = async () => {
			const end = await box.updater('check');
			return { code: end.code, reason: JSON.parse(end.stdout).reason?.code };
		};
		expect(await reason()).toEqual({ code: 0, reason: 'up-to-date' });
		box.publish({ version: '0.9.0', requires: '*' });
		expect(await reason()).toEqual({ code: 0, reason: 'ahead-of-channel' });
		box.publish({ version: '2.0.0', requires: '>=1.5.0' });
		expect(await reason()).toEqual({ code: 3, reason: 'missing-tag' });
		box.sourceIs({ channel: 'nightly' });
		expect(await reason()).toEqual({ code: 1, reason: 'source-empty' });
	});

	test('changes nothing and leaves no in-progress marker', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		box.publish({ version: '1.1.0', requires: '*' });
		const before = box.fingerprint();
		const status = readFileSync(box.layout.updateStatus, 'utf8');
		await box.updater('check');
		expect(box.fingerprint()).toEqual(before);
		expect(readFileSync(box.layout.updateStatus, 'utf8')).toBe(status);
		expect(existsSync(box.layout.changeStatus)).toBe(false);
		expect(box.leftovers()).toEqual([]);
	});

	test('reports a root without info.json', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		rmSync(box.layout.info);
		const end = await box.updater('check');
		expect(end.code).toBe(3);
		expect(end.stderr).toContain('cannot read info.json of the root');
	});
});

test('resumes nothing when no change is open, even with an empty state directory', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	expect(await box.updater('resume')).toEqual({ code: 0, stdout: '', stderr: '' });
	expect(existsSync(box.layout.changeStatus)).toBe(false);
});
