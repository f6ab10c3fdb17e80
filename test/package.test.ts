/** What is published: built by the compiler, file for file, and complete enough to run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from './scratch.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');

test('the packed release runs as JavaScript, without the sources', { timeout: 300_000 }, () => {
	const dir = scratch();
	const packed =
		execFileSync('npm', ['pack', '--silent', '--pack-destination', dir], {
			cwd: REPOSITORY,
			encoding: 'utf8',
		})
			.trim()
			.split('\n')
			.at(-1) ?? '';
	execFileSync('tar', ['-xzf', join(dir, packed), '-C', dir]);
	const installed = join(dir, 'package');
	symlinkSync(join(REPOSITORY, 'node_modules'), join(installed, 'node_modules'));
	const listed = execFileSync('find', [installed, '-name', '*.ts'], { encoding: 'utf8' });
	expect(listed).toBe('');
	const version = execFileSync(join(installed, 'bin/signalbox'), ['--version'], { encoding: 'utf8' });
	expect(version.trim()).toBe('0.1.0');

	const root = join(dir, 'root');
	for (const path of ['events/signals', 'statuses']) mkdirSync(join(root, path), { recursive: true });
	chmodSync(dir, 0o755);
	cpSync(join(REPOSITORY, 'info.json'), join(root, 'info.json'));
	const config = join(dir, 'config.toml');
	writeFileSync(
		config,
		`state = "${dir}/state"\n[source]\nkind = "git"\nurl = "file://${dir}/none"\n[trust]\nmode = "unsigned"\n[fetcher]\nuser = 64123\n`,
	);
	const asked = spawnSync(
		join(installed, 'bin/signalbox'),
		['check', '--json', '--root', root, '--config', config],
		{ encoding: 'utf8' },
	);
	expect(JSON.parse(asked.stdout)).toMatchObject({
		installed: '0.1.0',
		path: [],
		reason: { code: 'source-unreachable' },
	});
});
