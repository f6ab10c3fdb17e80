/**
 * The release that authors start from, examples/minimal-release, on a real box: installed, delayed, failed,
 * rolled back.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest, REPOSITORY } from '../../box/box.ts';
import { citadelRelease } from '../../box/releases/citadel.ts';
import type { ReleaseFiles } from '../../box/sources/source.ts';
import { until } from '../../until.ts';

const EXAMPLE = join(REPOSITORY, 'examples/minimal-release');
const CONFIG = '[install]\ndata = ["data"]\n[hooks]\npause = "50ms"\nlater = "20s"\n';

/** The files of the example with another version. */
function lamp(version: string, changes: ReleaseFiles = {}): ReleaseFiles {
	const paths = globSync('**', { cwd: EXAMPLE, exclude: ['README.md'] }).concat(
		globSync('**/.*', { cwd: EXAMPLE }),
	);
	const files = paths.filter((path) => statSync(join(EXAMPLE, path)).isFile());
	const read = (path: string) => ({
		text: readFileSync(join(EXAMPLE, path), 'utf8'),
		mode: statSync(join(EXAMPLE, path)).mode & 0o777,
	});
	const example = Object.fromEntries(files.map((path) => [path, read(path)]));
	const info = example['info.json']?.text.replaceAll('1.0.0', version) ?? '';
	return { ...example, 'info.json': info, ...changes };
}

function publish(box: Box, version: string, changes: ReleaseFiles = {}): void {
	box.source.publish({ tags: [`v${version}`], files: lamp(version, changes) });
}

function ask(box: Box): string {
	return execFileSync(join(box.root, 'bin/lamp'), ['ask'], { encoding: 'utf8', timeout: 10_000 }).trim();
}

/** A box with only the lamp installed, shining in the colour of its user. */
function boxWithLamp(): Box {
	const nothing = Object.fromEntries(
		Object.keys(citadelRelease({ version: '1.0.0', requires: '*' })).map((path) => [path, undefined]),
	);
	const box = boxForTest({ version: '1.0.0', requires: '*', files: { ...nothing, ...lamp('1.0.0') } });
	for (const path of ['db', 'logs', 'app-data', '.env'])
		rmSync(join(box.root, path), { recursive: true, force: true });
	box.configure(CONFIG);
	execFileSync(join(box.root, 'bin/lamp'), ['start'], { stdio: 'ignore', timeout: 10_000 });
	writeFileSync(join(box.root, 'data/colour'), 'green\n');
	return box;
}

test('is installed, keeps the colour, and rolls back by hand', async () => {
	const box = boxWithLamp();
	expect(ask(box)).toBe('lamp 1.0.0 shines green');
	const before = box.fingerprint();

	publish(box, '1.1.0');
	expect(await box.updater('update')).toEqual({ code: 0, stdout: '', stderr: '' });
	expect(ask(box)).toBe('lamp 1.1.0 shines green');
	expect(box.change()).toMatchObject({ state: 'committed', error: null });
	expect(box.leftovers().filter((one) => !one.includes('lamp infinity'))).toEqual([]);

	expect((await box.updater('rollback')).code).toBe(0);
	expect(ask(box)).toBe('lamp 1.0.0 shines green');
	const running = (line: string) => !line.includes('run/');
	expect(box.fingerprint().filter(running)).toEqual(before.filter(running));

	expect((await box.updater('rollback')).code).toBe(0);
	expect(ask(box)).toBe('lamp 1.1.0 shines green');
});

const RUIN = ': >"$ROOT/data/colour"\n';

test.each([
	['stays out', `${lampHook('01-run.sh')}${RUIN}"$ROOT/bin/lamp" stop\n`, 'the lamp is out'],
	[
		'is still the old one',
		`${lampHook('01-run.sh').replaceAll(/^"\$ROOT\/bin\/lamp".*$/gm, '')}${RUIN}`,
		'lamp 1.0.0 shines',
	],
])('rolls back a lamp that %s, and restores the colour that the hook damaged', async (_, hook, output) => {
	const box = boxWithLamp();
	publish(box, '1.1.0', { 'scripts/update/01-run.sh': { text: hook, mode: 0o755 } });
	expect((await box.updater('update')).code).toBe(4);
	expect(box.change()).toMatchObject({
		state: 'rolled-back',
		error: { code: 'hook-failed', facts: { hook: '02-run.sh', output } },
	});
	expect(ask(box)).toBe('lamp 1.0.0 shines green');
});

test('waits while the lamp is in use', async () => {
	const box = boxWithLamp();
	publish(box, '1.1.0');
	writeFileSync(join(box.root, 'run/reading'), '');
	const { ended } = box.startUpdater('update');
	await until(
		'the update to wait',
		() => existsSync(box.layout.changeStatus) && box.change().state === 'waiting',
	);
	expect(ask(box)).toBe('lamp 1.0.0 shines green');
	rmSync(join(box.root, 'run/reading'));
	expect((await ended).code).toBe(0);
	expect(ask(box)).toBe('lamp 1.1.0 shines green');
});

function lampHook(name: string): string {
	return readFileSync(join(EXAMPLE, 'scripts/update', name), 'utf8');
}
