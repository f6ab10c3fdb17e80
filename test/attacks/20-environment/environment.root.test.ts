/**
 * Threat 20: whoever starts karen has variables set that make programs run others. None reaches what she
 * starts.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { ringForUpdate, startKaren } from '../karen.ts';

test('neither the updater nor a hook sees the environment that karen was started with', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const at = (name: string) => join(box.dir, name);
	box.publish({
		version: '1.1.0',
		requires: '*',
		does: {
			'00': `tr '\\0' '\\n' < /proc/$$/environ > ${at('hook')}; declare -F > ${at('functions')}
				tr '\\0' '\\n' < /proc/$PPID/environ > ${at('updater')}; tr '\\0' ' ' < /proc/$PPID/cmdline > ${at('parent')}`,
		},
	});
	const loaded = `require('node:fs').appendFileSync(${JSON.stringify(at('loaded'))}, process.argv[1] + '\\n');`;
	writeFileSync(at('evil.cjs'), loaded);
	writeFileSync(at('evil.sh'), `touch ${at('ran')}\n`, { mode: 0o755 });
	await startKaren(box, {
		...{
			BASH_ENV: at('evil.sh'),
			ENV: at('evil.sh'),
			PROMPT_COMMAND: at('evil.sh'),
			SHELLOPTS: 'xtrace',
			PS4: `$(touch ${at('ran')})`,
		},
		...{ LD_PRELOAD: '', LD_LIBRARY_PATH: box.dir, LD_AUDIT: '', IFS: 'x', CDPATH: '/', TMPDIR: box.dir },
		...{
			NODE_OPTIONS: `--require ${at('evil.cjs')}`,
			NODE_PATH: box.dir,
			NODE_EXTRA_CA_CERTS: at('evil.pem'),
		},
		...{
			GIT_SSH_COMMAND: at('evil.sh'),
			GIT_CONFIG_COUNT: '1',
			GIT_CONFIG_KEY_0: 'core.fsmonitor',
			GIT_CONFIG_VALUE_0: at('evil.sh'),
		},
		...{
			RSYNC_RSH: at('evil.sh'),
			HTTPS_PROXY: 'http://127.0.0.1:1/',
			'BASH_FUNC_rsync%%': `() { touch ${at('ran')}; }`,
		},
	});
	expect(await ringForUpdate(box, '')).toMatchObject({ state: 'done', exitCode: 0 });
	const namesIn = (name: string) =>
		readFileSync(at(name), 'utf8')
			.split('\n')
			.flatMap((line) => line.match(/^[^=]+/)?.[0] ?? []);
	// PWD is made by the shell that waits for the word to begin.
	const known = ['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'USER'];
	expect(readFileSync(at('parent'), 'utf8'), 'the parent of a hook').toContain('dist/updater.js');
	expect(namesIn('hook').filter((name) => !known.includes(name) && !name.startsWith('SIGNALBOX_'))).toEqual(
		[],
	);
	// Where our own Node keeps what it compiled is handed on on purpose (system/process/program.ts).
	expect(
		namesIn('updater').filter(
			(name) => ![...known, 'NODE_COMPILE_CACHE'].includes(name) && !name.startsWith('SIGNALBOX_'),
		),
	).toEqual([]);
	expect(readFileSync(at('functions'), 'utf8')).toBe('');
	expect(existsSync(at('ran'))).toBe(false);
	expect(readFileSync(at('loaded'), 'utf8'), 'karen herself was started by whoever set it').toContain(
		'dist/karen.js',
	);
	expect(readFileSync(at('loaded'), 'utf8')).not.toContain('updater');
});
