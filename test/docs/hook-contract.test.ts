/** Compares docs/author/hooks.md with what real hooks are given. */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest } from '../box/box.ts';
import type { CitadelRelease } from '../box/releases/citadel.ts';
import { textOf } from './pages.ts';

const PAGE = textOf('docs/author/hooks.md');
const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };

/** Variables that a shell adds by itself. */
const OF_THE_SHELL = ['PWD', 'OLDPWD', 'SHLVL', '_'];

/** Returns the names of the variables in the page's table. */
function documented(): readonly string[] {
	const [, part = ''] = PAGE.split('### Environment');
	const [table = ''] = part.split('\n## ');
	return [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
		[...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
	);
}

/** Returns a release whose hook `moment` writes what it was given to a file in the root. */
function reporting(moment: '00' | 'rollback', more: CitadelRelease['does'] = {}): CitadelRelease {
	const report = `{ tr '\\0' '\\n' </proc/$$/environ; echo "argv=$0 $*"; echo "cwd=$PWD"; echo "input=$(readlink /proc/$$/fd/0)"; \
echo "group=$$ $(ps -o pgid=,sid= -p $$ | xargs)"; } > "$ROOT"/app-data/given`;
	return {
		version: moment === 'rollback' ? '1.0.0' : '1.1.0',
		requires: '*',
		does: { [moment]: report, ...more },
	};
}

function given(box: Box): Readonly<Record<string, string>> {
	const lines = readFileSync(join(box.root, 'app-data/given'), 'utf8').trim().split('\n');
	return Object.fromEntries(
		lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
	);
}

function variablesIn(all: Readonly<Record<string, string>>): readonly string[] {
	return Object.keys(all).filter((name) => /^[A-Z_]+$/.test(name) && !OF_THE_SHELL.includes(name));
}

function expectedVariables(box: Box, script: string): Readonly<Record<string, string>> {
	const asRoot = process.geteuid?.() === 0;
	const user = asRoot ? 'root' : String(process.geteuid?.());
	return {
		PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
		HOME: asRoot ? '/root' : box.root,
		USER: user,
		LOGNAME: user,
		SHELL: '/bin/sh',
		LANG: 'C.UTF-8',
		SIGNALBOX_ROOT: box.root,
		SIGNALBOX_CONFIG: box.config,
		SIGNALBOX_CHANGE: box.change().change,
		SIGNALBOX_HOOK: script,
		SIGNALBOX_FROM: '1.0.0',
		SIGNALBOX_TO: '1.1.0',
	};
}

test('gives a hook the environment of the table and nothing else', async () => {
	const box = boxForTest(OLD);
	box.publish(reporting('00'));
	expect((await box.updater('update')).code).toBe(0);
	const all = given(box);
	expect(variablesIn(all).toSorted()).toEqual(documented().toSorted());
	expect(all).toMatchObject(expectedVariables(box, '00-run.sh'));
});

test('gives a hook arguments, working directory, no input and its own process group', async () => {
	const box = boxForTest(OLD);
	box.publish(reporting('00'));
	expect((await box.updater('update')).code).toBe(0);
	const all = given(box);
	const [pid, group, session] = all['group']?.split(' ') ?? [];
	expect(all['argv']).toBe(`./00-run.sh v1.1.0 ${box.root}`);
	expect(all['cwd']).toBe(join(box.root, '.citadel-v1.1.0/scripts/update'));
	expect(all['input']).toBe('/dev/null');
	expect([group, session]).toEqual([pid, pid]);
});

test('gives rollback.sh of the old release the same, in the root', async () => {
	const box = boxForTest(reporting('rollback'));
	box.publish({ version: '1.1.0', requires: '*', does: { '02': 'exit 1' } });
	expect((await box.updater('update')).code).toBe(4);
	const all = given(box);
	expect(variablesIn(all).toSorted()).toEqual(documented().toSorted());
	expect(all).toMatchObject(expectedVariables(box, 'restart'));
	expect(all['argv']).toBe(
		`${join(box.state, 'changes', box.change().change, 'rollback.sh')} v1.0.0 ${box.root}`,
	);
	expect(all['cwd']).toBe(box.root);
});

test('documents the time limits of the code', () => {
	expect(PAGE).toContain('`hooks.pause` (60 s), for `hooks.later` (30 min)');
	expect(PAGE).toContain('`hooks.timeout` (1 h)');
	const page = textOf('docs/operator/configuration.md');
	for (const [key, value] of Object.entries({ pause: '60s', later: '30m', timeout: '1h' }))
		expect(page).toContain(`| \`hooks.${key}\` | span | \`"${value}"\` |`);
});

test('lets hooks add files to scripts/update but not change existing ones', async () => {
	const box = boxForTest(OLD);
	box.publish({ version: '1.1.0', requires: '*', does: { '00': 'echo : > own.sh; chmod 777 02-run.sh' } });
	expect((await box.updater('update')).code).toBe(0);
	box.publish({ version: '1.2.0', requires: '*', does: { '00': 'echo : >> 02-run.sh' } });
	expect((await box.updater('update')).code).toBe(4);
	expect(box.change().error).toMatchObject({ code: 'content-changed' });
	expect(readlinkSync(join(box.root, 'current-tool'))).toBe('bin/tool');
	expect(box.version()).toBe('1.1.0');
});
