/**
 * Releases whose contents or hooks no box accepts, and unreadable roots: refused before anything is changed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { type Box, boxForTest, makeBox } from '../../box/box.ts';
import { expectGoodUpdateWorks, expectNothingChanged } from '../../box/expect.ts';
import { type CitadelRelease, citadelRelease, NO_HOOKS } from '../../box/releases/citadel.ts';
import { publishEntry } from '../../box/releases/odd-entry.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '>=1.0.0' };

async function expectRefused(box: Box, code: ErrorCode): Promise<void> {
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code, exit: 3 });
}

test.each<[string, NonNullable<CitadelRelease['files']>, ErrorCode]>([
	['contents', { link: { link: '/etc/passwd' } }, 'content-refused'],
	['hooks', NO_HOOKS, 'hook-missing'],
])('installs a good release after one with bad %s was refused', async (_, files, code) => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, files });
	await expectRefused(box, code);
	await expectGoodUpdateWorks(box);
});

describe('contents', () => {
	// The full list of refusals: test/privileged/updater/odd-contents.test.ts.
	test('refuses a .git/config', async () => {
		const box = boxForTest(OLD);
		const contents = '[core]\n\tfsmonitor = "touch /tmp/x"\n';
		publishEntry(box.source, 'v1.1.0', citadelRelease(NEW), {
			mode: '100644',
			type: 'blob',
			path: '.git/config',
			contents,
		});
		await expectRefused(box, 'content-refused');
	});

	test('accepts names that look like options, quotes, white space and other alphabets', async () => {
		const box = boxForTest(OLD);
		const names = [
			'-rf',
			'--delete',
			' leading',
			'trailing ',
			'"quoted"',
			"it's",
			'$HOME',
			'*',
			'ünïcode',
			'日本語',
			'\u2028',
			'#hash',
			';',
			'[a]',
		];
		box.publish({ ...NEW, files: Object.fromEntries(names.map((name) => [`odd/${name}`, name])) });
		expect((await box.updater('update')).code).toBe(0);
		expect(names.map((name) => readFileSync(join(box.root, 'odd', name), 'utf8'))).toEqual(names);
		expect(box.leftovers()).toEqual([]);
	});
});

describe('hooks', () => {
	// Every reason why a hook cannot run: test/privileged/updater/installers/hooks/find-hooks.test.ts.
	let box: Box;
	let published = 0;
	beforeAll(() => {
		box = makeBox(OLD);
	});
	afterAll(() => box.remove());

	async function expectPublishedRefused(release: Partial<CitadelRelease>, code: ErrorCode): Promise<void> {
		published += 1;
		box.publish({ ...NEW, version: `1.1.${published}`, ...release });
		await expectRefused(box, code);
	}

	test.each<[string, Partial<CitadelRelease>, ErrorCode]>([
		[
			'refuses a hook that is not executable',
			{ files: { 'scripts/update/01-run.sh': { text: '#!/bin/sh\nexit 0\n', mode: 0o644 } } },
			'hook-refused',
		],
		[
			'refuses a hook that is a link',
			{ files: { 'scripts/update/01-run.sh': { link: '00-run.sh' } } },
			'hook-refused',
		],
		[
			'refuses terms with an unknown key',
			{ files: { 'scripts/update/.release.json': '{"rebot": "after-01"}' } },
			'terms-unreadable',
		],
		[
			'refuses a minimum version above the release itself',
			{ files: { 'scripts/update/.release.json': '{"minimumSafeVersion": "9.0.0"}' } },
			'terms-unreadable',
		],
	])('%s', async (_, release, code) => {
		await expectPublishedRefused(release, code);
	});

	test('names the missing tool that hooks require', async () => {
		const needs = '# what we need\nbash\nyq-of-tomorrow # a tool\n\n';
		await expectPublishedRefused({ files: { 'scripts/update/.requires': needs } }, 'tool-missing');
		expect(box.change().error).toMatchObject({
			message: expect.stringContaining('yq-of-tomorrow'),
			retry: 'later',
			facts: { missing: ['yq-of-tomorrow'] },
		});
	});
});

describe('info.json of the root', () => {
	test.each<[string, (path: string) => unknown, ErrorCode]>([
		['missing', () => undefined, 'info-missing'],
		['half', (path) => writeFileSync(path, '{"version": "1.0'), 'info-unreadable'],
		['a FIFO', (path) => execFileSync('mkfifo', [path]), 'info-unreadable'],
	])('%s', async (_, damage, code) => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		rmSync(box.layout.info);
		damage(box.layout.info);
		const stats = execFileSync('stat', ['-c', '%F %s', box.root], { encoding: 'utf8' });
		const end = await box.updater('update');
		expect({ exit: end.code, code: box.change().error?.code }).toEqual({ exit: 3, code });
		expect(box.legacyStatus()).toMatchObject({ state: 'failed', progress: 100, error: { code } });
		expect(box.loggedCodes()).toContain(code);
		expect(execFileSync('stat', ['-c', '%F %s', box.root], { encoding: 'utf8' })).toBe(stats);
		expect(box.leftovers()).toEqual([]);
	});

	test('updates after info.json was repaired', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		const good = readFileSync(box.layout.info);
		writeFileSync(box.layout.info, good.subarray(0, 10));
		await expectRefused(box, 'info-unreadable');
		writeFileSync(box.layout.info, good);
		expect((await box.updater('update')).code).toBe(0);
	});

	test('accepts a byte order mark and unknown keys', async () => {
		const box = boxForTest(OLD);
		writeFileSync(
			box.layout.info,
			'\ufeff{"NOTE": "x", "version": "v1.0.0", "requires": "", "build": "abc", "isQuickUpdate": false}\n\n',
		);
		box.publish(NEW);
		expect((await box.updater('update')).code).toBe(0);
	});
});

test('updates a root whose directories are missing', async () => {
	const box = boxForTest(OLD);
	const text =
		'#!/bin/sh\nrsync -a --exclude=/.* ../../ "$2"/\nmkdir -p "$2"/logs\ncp ../../service.txt "$2"/logs/service.running\n';
	box.publish({ ...NEW, files: { 'scripts/update/01-run.sh': { text, mode: 0o755 } } });
	for (const name of ['statuses', 'events/signals', 'scripts/update', 'db', 'logs'])
		rmSync(join(box.root, name), { recursive: true });
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
	expect(existsSync(box.layout.changeStatus)).toBe(true);
});
