/**
 * Releases that broke real boxes (Citadel contract §7, §8.2): their own runners called most of these a
 * success. Here each ends as `failed`, with the old release complete and the user's data unchanged.
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
	/** 4: installed in part and rolled back. 3: refused before anything was changed. */
	readonly exit: 3 | 4;
	readonly says?: RegExp;
}

async function expectOldComplete(
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
		'u1: hook 01 fails after the overlay, at a glob without matches',
		{ does: { overlaid: 'chmod -R 700 "$ROOT"/tor/data/*' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'u8: pkill finds no process',
		{ does: { overlaid: 'pkill -f "\\./karen-of-nobody-[$]$"' } },
		{ code: 'hook-failed', exit: 4, says: /ended with 1/ },
	],
	[
		'u9: the images cannot be pulled',
		{ does: { '01': 'echo "pull access denied" >&2; false' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'hook 02 detects that services are down',
		{ does: { '02': 'exit 7' } },
		{ code: 'hook-failed', exit: 4, says: /02-run\.sh failed: it ended with 7/ },
	],
	[
		'a hook kills itself',
		{ does: { '01': 'kill -KILL $$' } },
		{ code: 'hook-failed', exit: 4, says: /killed by SIGKILL/ },
	],
	[
		'a hook cannot be executed on this machine',
		{ files: { 'scripts/update/02-run.sh': { text: '#!/usr/bin/env bash\n\u0000\u0001', mode: 0o755 } } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'the hooks succeed but install nothing',
		{ does: { '01': 'exit 0' } },
		{ code: 'not-switched', exit: 4, says: /still says 1\.0\.0/ },
	],
	[
		'the hooks install another version',
		{ does: { overlaid: `echo '${infoJson('3.0.0', '*').replaceAll('\n', ' ')}' > "$ROOT"/info.json` } },
		{ code: 'not-switched', exit: 4 },
	],
	[
		'hook 02 damages info.json after it was checked',
		{ does: { '02': 'echo damaged > "$ROOT"/info.json' } },
		{ code: 'info-unreadable', exit: 4 },
	],
	[
		'hook 02 removes info.json',
		{ does: { '02': 'rm "$ROOT"/info.json' } },
		{ code: 'info-missing', exit: 4 },
	],
	[
		'the single bootstrap hook reports success at 90 and then fails',
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
		'a hook writes its reason to update-failure, as later Umbrels do',
		{
			does: {
				'00': 'echo "umbrelOS 1.0 is not yet supported for custom Linux installs" > "$ROOT"/statuses/update-failure; exit 1',
			},
		},
		{ code: 'hook-failed', exit: 4, says: /umbrelOS 1\.0 is not yet supported/ },
	],
	[
		'a hook gives its reason in a failed status, as check-memory does',
		{ does: { '00': `${sayStatus(100, 'Needs 2 GB of memory', 'failed')}\nexit 1` } },
		{ code: 'hook-failed', exit: 4, says: /Needs 2 GB of memory/ },
	],
	[
		'the overlay deletes statuses, signals and scripts',
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
		'a hook changes modes of everything, including data',
		{ does: { '01': 'chmod -R a+rwX "$ROOT"; exit 1' } },
		{ code: 'hook-failed', exit: 4 },
	],
	[
		'a hook changes a file and restores its mtime',
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
		'a release without filters removes the installed filters',
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
		'a failing hook leaves a background process that keeps writing',
		{ does: { overlaid: '(sleep 0.4; echo damaged > "$ROOT"/service.txt; sleep 30) &\nexit 1' } },
		{ code: 'hook-failed', exit: 4 },
	],
];

describe('rolls back, one after the other on one box, when', () => {
	// Each test relies on the previous one leaving the box unchanged.
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
		await expectOldComplete(box, before, `v${version}`, expected);
	});

	test('and then installs the next good release', async () => {
		box.publish({ version: '1.2.0', requires: '>=1.0.0' });
		expect((await box.updater('update')).code).toBe(0);
		expect(box.version()).toBe('1.2.0');
		expect(box.leftovers()).toEqual([]);
	});
});

test('commits a fixed release after the broken one was rolled back', async () => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, does: { overlaid: 'exit 1' } });
	expect((await box.updater('update')).code).toBe(4);
	box.publish({ version: '1.1.1', requires: '>=1.0.0' });
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.1');
	expect(box.leftovers()).toEqual([]);
});

test('u6: refuses to update while an older backup is in the root, and keeps it', async () => {
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

test('does not report the failure reason of an earlier update', async () => {
	const box = boxForTest(OLD);
	writeFileSync(join(box.root, 'statuses/update-failure'), 'a reason of last year');
	box.publish({ ...NEW, does: { '01': 'exit 1' } });
	expect((await box.updater('update')).code).toBe(4);
	expect(JSON.stringify(box.change())).not.toContain('last year');
});

test('commits a failed release on retry once the cause is fixed', async () => {
	const box = boxForTest(OLD);
	box.publish({ ...NEW, does: { '02': 'test -e "$ROOT"/db/ready' } });
	expect((await box.updater('update')).code).toBe(4);
	writeFileSync(join(box.root, 'db/ready'), '');
	expect((await box.updater('update')).code, 'it is not installed automatically').toBe(3);
	expect((await box.updater('update', '{"updateTo": "v1.1.0", "retry": true}')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
	expect(box.history().map(({ outcome }) => outcome)).toEqual(['committed', 'rolled-back']);
});

test('keeps the first stepping stone when the second one fails, and reports it', async () => {
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

test('rolls back when a probe fails, and probes the old release too', async () => {
	const box = boxForTest(OLD);
	const before = box.fingerprint();
	box.publish(NEW);
	const probe = `[[probes]]\nname = "service"\ncommand = ["grep", "-q", "service of 1.0.0", "${box.root}/logs/service.running"]\n`;
	box.configure(`${probe}interval = "50ms"\ndeadline = "300ms"`);
	expect((await box.updater('update')).code).toBe(4);
	expect(box.change().error).toMatchObject({ code: 'probe-failed', facts: { probe: 'service' } });
	expect(box.fingerprint()).toEqual(before);
});

test('keeps the output of every hook in its own file', async () => {
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
