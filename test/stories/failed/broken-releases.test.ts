/**
 * Releases that break a box of the field (Citadel contract §7, §8.2): their own runners called most of these a success. Here
 * each ends `failed`, with the old release whole and the user's data untouched.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, boxForTest, makeBox } from '../../box/box.ts';
import {
	bootstrapHook,
	type CitadelRelease,
	infoJson,
	NO_HOOKS,
	sayStatus,
} from '../../box/releases/citadel.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const NEW: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

interface Expected {
	readonly code: string;
	/** 4: installed in part and rolled back. 3: refused before anything was touched. */
	readonly exit: 3 | 4;
	readonly says?: RegExp;
}

async function expectOldWhole(
	box: Box,
	before: readonly string[],
	tag: string,
	{ code, exit, says = /./ }: Expected,
): Promise<void> {
	const end = await box.updater('update', JSON.stringify({ updateTo: tag }));
	expect({ code: end.code, error: box.change().error?.code }).toEqual({ code: exit, error: code });
	expect(box.fingerprint()).toEqual(before);
	expect(box.change()).toMatchObject({
		state: exit === 4 ? 'rolled-back' : 'failed',
		from: '1.0.0',
		progress: 100,
	});
	expect(box.change().error?.message).toMatch(says);
	expect(box.legacyStatus()).toMatchObject({ state: 'failed', progress: 100, updateTo: '', error: { code } });
	expect(String(box.legacyStatus()['description'])).toMatch(says);
	expect(box.loggedCodes().at(-1)).toBe(code);
	expect(box.leftovers()).toEqual([]);
}

const BROKEN: readonly [string, Partial<CitadelRelease>, Expected][] = [
	[
		'u1: 01 dies after the overlay, at a glob that matches nothing',
		{ does: { overlaid: 'chmod -R 700 "$ROOT"/tor/data/*' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'u8: pkill finds nobody',
		{ does: { overlaid: 'pkill -f "\\./karen-of-nobody-[$]$"' } },
		{ code: 'hook-failed', exit: 4, says: /ended with 1/ },
	],
	[
		'u9: the images cannot be pulled',
		{ does: { '01': 'echo "pull access denied" >&2; false' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'02 finds the services down',
		{ does: { '02': 'exit 7' } },
		{ code: 'hook-failed', exit: 4, says: /02-run\.sh failed: it ended with 7/ },
	],
	[
		'a hook kills itself',
		{ does: { '01': 'kill -KILL $$' } },
		{ code: 'hook-failed', exit: 4, says: /killed by SIGKILL/ },
	],
	[
		'a hook does not run at all on this machine',
		{ files: { 'scripts/update/02-run.sh': { text: '#!/usr/bin/env bash\n\u0000\u0001', mode: 0o755 } } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'the hooks end well and install nothing',
		{ does: { '01': 'exit 0' } },
		{ code: 'not-switched', exit: 4, says: /still says 1\.0\.0/ },
	],
	[
		'the hooks install something else',
		{ does: { overlaid: `echo '${infoJson('3.0.0', '*').replaceAll('\n', ' ')}' > "$ROOT"/info.json` } },
		{ code: 'not-switched', exit: 4 },
	],
	[
		'02 spoils info.json after it was looked at',
		{ does: { '02': 'echo spoilt > "$ROOT"/info.json' } },
		{ code: 'info-unreadable', exit: 4 },
	],
	['02 removes info.json', { does: { '02': 'rm "$ROOT"/info.json' } }, { code: 'info-missing', exit: 4 }],
	[
		'the single bootstrap hook says success at 90 and then fails',
		{
			files: {
				...NO_HOOKS,
				'scripts/update/bootstrap-run.sh': bootstrapHook(
					`${sayStatus(90, '', 'success')}\nsleep 0.3\nexit 1`,
				),
			},
		},
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook leaves its reason in update-failure, as later Umbrels do',
		{
			does: {
				'00': 'echo "umbrelOS 1.0 is not yet supported for custom Linux installs" > "$ROOT"/statuses/update-failure; exit 1',
			},
		},
		{ code: 'hook-failed', exit: 4, says: /umbrelOS 1\.0 is not yet supported/ },
	],
	[
		'a hook says why in a failed status, as check-memory does',
		{ does: { '00': `${sayStatus(100, 'Needs 2 GB of memory', 'failed')}\nexit 1` } },
		{ code: 'hook-failed', exit: 4, says: /Needs 2 GB of memory/ },
	],
	[
		'the overlay takes all with it, statuses and signals too',
		{ does: { '01': 'rm -rf "$ROOT"/statuses "$ROOT"/events "$ROOT"/scripts "$ROOT"/bin; exit 1' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook turns files into directories and directories into links',
		{
			does: {
				'01': 'cd "$ROOT"; rm README.md; mkdir -p README.md/deep; touch README.md/deep/x; mv bin elsewhere; ln -s elsewhere bin; ln -sf /etc/passwd service.txt; exit 1',
			},
		},
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook changes modes all over, the data included',
		{ does: { '01': 'chmod -R a+rwX "$ROOT"; exit 1' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook changes a file and gives it its old time back',
		{
			does: {
				'01': 'cd "$ROOT"; cp -p service.txt /tmp/$$; tr s S < /tmp/$$ > service.txt; touch -r /tmp/$$ service.txt; rm /tmp/$$; exit 1',
			},
		},
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook removes the filters of the installed release',
		{ does: { '01': 'rm "$ROOT"/scripts/update/.update*; exit 1' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a release without filters spoils hidden files',
		{
			files: {
				...NO_HOOKS,
				'scripts/update/.updateignore': undefined,
				'scripts/update/.updateinclude': undefined,
				'scripts/update/01-run.sh': '#!/bin/sh\nrm "$2"/scripts/update/.updateignore\nexit 1\n',
			},
		},
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook that fails leaves a worker running that still writes',
		{ does: { overlaid: '(sleep 0.4; echo spoilt > "$ROOT"/service.txt; sleep 30) &\nexit 1' } },
		{ code: 'hook-failed', exit: 4 },
	],
];

describe('one after the other on one box', () => {
	// That each leaves everything as it was is what the next one starts from.
	let box: Box;
	let before: readonly string[];
	let published = 0;

	beforeAll(() => {
		box = makeBox(OLD);
		chmodSync(join(box.root, 'app-data/shop'), 0o710);
		before = box.fingerprint();
	});
	afterAll(() => box.remove());

	test.each(BROKEN)('%s', async (_, broken, expected) => {
		published += 1;
		const version = `1.1.${published}`;
		box.publish({ ...NEW, version, ...broken });
		await expectOldWhole(box, before, `v${version}`, expected);
	});

	test('and the next good one is installed', async () => {
		box.publish({ version: '1.2.0', requires: '>=1.0.0' });
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
		expect(box.leftovers()).toEqual([]);
	});
});

test('a mended release goes the same way as the broken one, and this time it is committed', async () => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, does: { overlaid: 'exit 1' } });
	expect((await box.updater('update')).code).toBe(4);
	box.publish({ version: '1.1.1', requires: '>=1.0.0' });
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.1');
	expect(box.leftovers()).toEqual([]);
});

test('u6: an older backup in the root is refused, and kept', async () => {
	const box = boxForTest(OLD);
	mkdirSync(join(box.root, '.citadel-backup'));
	writeFileSync(join(box.root, '.citadel-backup/info.json'), 'the only copy');
	const before = box.fingerprint();
	box.publish(NEW);
	const end = await box.updater('update');
	expect(end.code).toBe(3);
	expect(box.change().error).toMatchObject({
		code: 'old-backup',
		facts: { paths: [join(box.root, '.citadel-backup')] },
	});
	expect(box.fingerprint()).toEqual(before);
	expect(readFileSync(join(box.root, '.citadel-backup/info.json'), 'utf8')).toBe('the only copy');
});

test('a reason that an earlier update left is not told of this one', async () => {
	const box = boxForTest(OLD);
	writeFileSync(join(box.root, 'statuses/update-failure'), 'a reason of last year');
	box.publish({ ...NEW, does: { '01': 'exit 1' } });
	expect((await box.updater('update')).code).toBe(4);
	expect(JSON.stringify(box.change())).not.toContain('last year');
});

test('a release may be tried again once its cause is gone', async () => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, does: { '02': 'test -e "$ROOT"/db/ready' } });
	expect((await box.updater('update')).code).toBe(4);
	writeFileSync(join(box.root, 'db/ready'), '');
	expect((await box.updater('update')).code, 'by itself it is left alone').toBe(3);
	expect((await box.updater('update', '{"updateTo": "v1.1.0", "retry": true}')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
	expect(box.history().map(({ outcome }) => outcome)).toEqual(['committed', 'rolled-back']);
});

test('the second stepping stone fails: the first one stays installed, and that is told', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	box.publish({ version: '1.2.0', requires: '>=1.1.0', does: { '02': 'exit 1' } });
	expect((await box.updater('update', 'v1.2.0')).code).toBe(4);
	expect(box.version()).toBe('1.1.0');
	expect(readFileSync(join(box.root, 'logs/service.running'), 'utf8')).toBe('service of 1.1.0\n');
	expect(box.change()).toMatchObject({ state: 'rolled-back', from: '1.1.0', to: '1.2.0' });
	expect(box.legacyStatus()).toMatchObject({ state: 'failed', updateTo: '' });
	expect(box.leftovers()).toEqual([]);
});

test('a probe that finds the box unwell rolls back, and the old release is probed too', async () => {
	const box = boxForTest(OLD);
	const before = box.fingerprint();
	box.publish(NEW);
	const probe = `[[probes]]\nname = "service"\ncommand = ["grep", "-q", "service of 1.0.0", "${box.root}/logs/service.running"]\n`;
	box.configure(`${probe}interval = "50ms"\ndeadline = "300ms"`);
	expect((await box.updater('update')).code).toBe(4);
	expect(box.change().error).toMatchObject({ code: 'probe-failed', facts: { probe: 'service' } });
	expect(box.fingerprint()).toEqual(before);
});

test('the output of every hook is kept, a file each', async () => {
	const box = boxForTest(OLD);
	box.publish({
		...NEW,
		does: { '00': 'echo said by 00', '01': 'echo said by 01 >&2', '02': 'echo said by 02; exit 1' },
	});
	expect((await box.updater('update')).code).toBe(4);
	const logs = join(box.layout.changes, box.change().change, 'logs');
	expect(readdirSync(logs).sort()).toEqual([
		'00-run.sh.log',
		'01-run.sh.log',
		'02-run.sh.log',
		'restart.log',
	]);
	expect(
		['00', '01', '02'].map((hook) =>
			readFileSync(join(logs, `${hook}-run.sh.log`), 'utf8').includes(`said by ${hook}`),
		),
	).toEqual([true, true, true]);
	expect(box.change().error?.facts['output']).toContain('said by 02');
});
