/** Whole updates with real processes: git, bash, rsync, and hooks that behave like real ones. */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ChangeStatus } from '../../../src/model/change/change.ts';
import { type Box, boxForTest, type Ended } from '../../box/box.ts';
import { bootstrapHook, type CitadelRelease, NO_HOOKS, sayStatus } from '../../box/releases/citadel.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const NEW: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

function boxWith(...releases: readonly CitadelRelease[]): Box {
	const box = boxForTest(OLD);
	box.sourceIs({ probe: true });
	for (const release of releases) box.publish(release);
	return box;
}

function expectInstalled(box: Box, version: string): void {
	expect(box.version()).toBe(version);
	expect(readFileSync(join(box.root, 'logs/service.running'), 'utf8')).toBe(`service of ${version}\n`);
	expect(readlinkSync(join(box.root, 'current-tool'))).toBe('bin/tool');
	expect(box.change()).toMatchObject({
		state: 'committed',
		to: version,
		progress: 100,
		error: null,
		trust: 'unsigned',
	});
	expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
	expect(box.history()[0]).toMatchObject({ outcome: 'committed', to: version, error: null });
	expect(box.leftovers()).toEqual([]);
}

interface Seen {
	readonly change: ChangeStatus | undefined;
	readonly legacy: Record<string, unknown>;
}

/** Runs an update and reads the statuses continuously, like an eager dashboard. */
async function watchStatuses(
	box: Box,
	payload: string,
	onSeen: (one: Seen) => void = () => undefined,
): Promise<{ readonly end: Ended; readonly seen: readonly Seen[] }> {
	const { ended } = box.startUpdater('update', payload);
	const seen: Seen[] = [];
	let end: Ended | undefined;
	void ended.then((one) => (end = one));
	while (end === undefined) {
		await new Promise((resolve) => setTimeout(resolve, 5));
		const change = existsSync(box.layout.changeStatus) ? box.change() : undefined;
		const one = { change, legacy: legacyOrHalf(box) };
		seen.push(one);
		onSeen(one);
	}
	return { end, seen };
}

/** Hooks write in place, so a reader may see an empty file. */
function legacyOrHalf(box: Box): Record<string, unknown> {
	try {
		return box.legacyStatus();
	} catch {
		return { state: 'installing', updateTo: '' };
	}
}

function expectDataUntouched(box: Box): void {
	expect(readFileSync(join(box.root, 'db/user.json'), 'utf8')).toContain('twelve words');
	expect(readFileSync(join(box.root, 'app-data/shop/orders'), 'utf8')).toBe('order 1\n');
	expect(readFileSync(join(box.root, '.env'), 'utf8')).toBe('SECRET=1\n');
}

test('installs the next release when none is requested', async () => {
	const box = boxWith(NEW);
	expect(await box.updater('update')).toEqual({ code: 0, stdout: '', stderr: '' });
	expectInstalled(box, '1.1.0');
	expectDataUntouched(box);
	expect(readFileSync(join(box.root, 'settings.generated'), 'utf8')).toBe('configured by 1.1.0\n');
});

test('uses the request in update-status.json when the payload names none', async () => {
	const box = boxWith(NEW, { version: '1.2.0', requires: '>=1.0.0' });
	box.writeStatus('{"state": "success", "progress": 100, "description": "", "updateTo": "v1.1.0"}');
	expect((await box.updater('update', 'true')).code).toBe(0);
	expectInstalled(box, '1.1.0');
});

test('installs stepping stones up to the requested release, and shows installing between them', async () => {
	const box = boxWith(NEW, { version: '1.2.0', requires: '>=1.1.0' });
	const { end, seen } = await watchStatuses(box, '{"updateTo": "v1.2.0"}');
	expect(end.code).toBe(0);
	expectInstalled(box, '1.2.0');
	expect(box.history().map(({ from, to }) => `${from} → ${to}`)).toEqual(['1.1.0 → 1.2.0', '1.0.0 → 1.1.0']);
	// What hook 03 writes may be visible for a moment; what root writes after the first hop must not be an
	// end.
	const between = seen.filter(
		({ change, legacy }) => change?.to === '1.1.0' && legacy['change'] === change.change,
	);
	expect(between.map(({ legacy }) => legacy['state'])).toContain('installing');
	expect(between.map(({ legacy }) => legacy['state'])).not.toContain('success');
});

test('installs one release per signal when none is requested', async () => {
	const box = boxWith(NEW, { version: '1.2.0', requires: '>=1.1.0' });
	expect((await box.updater('update')).code).toBe(0);
	expectInstalled(box, '1.1.0');
	expect((await box.updater('update')).code).toBe(0);
	expectInstalled(box, '1.2.0');
	expect((await box.updater('update')).code).toBe(0);
	expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100, updateTo: '' });
	expect(box.history()).toHaveLength(2);
});

/** Each status stays longer than the updater takes to read it again. */
const says = (...lines: readonly string[]) => lines.map((line) => `${line}\nsleep 0.25`).join('\n');

/** What real hooks do in updates that succeeded. */
const HABITS: readonly [string, Partial<CitadelRelease>][] = [
	[
		'hooks report an end too early: success at 90 and at 100, failed',
		{
			does: {
				'01': says(sayStatus(90, '', 'success'), sayStatus(100, 'An unexpected error occured', 'failed')),
				'02': says(sayStatus(100, '', 'success')),
			},
		},
	],
	[
		'hooks leave the status empty, half, not JSON, without progress, or removed with its marker',
		{
			does: {
				'01': says(': > "$ROOT"/statuses/update-status.json'),
				'02': says(
					'printf \'{"state": "inst\' > "$ROOT"/statuses/update-status.json',
					'echo almost done > "$ROOT"/statuses/update-status.json',
					'echo \'{"state": "installing"}\' > "$ROOT"/statuses/update-status.json',
					'rm -f "$ROOT"/statuses/update-status.json "$ROOT"/statuses/update-in-progress',
				),
			},
		},
	],
	[
		'hook 00 renames the staging directory, 01 reads its input, 02 leaves a background process',
		{
			does: {
				'00': 'mv "$STAGED" "$ROOT"/.umbrel-renamed; cd "$ROOT"/.umbrel-renamed/scripts/update; STAGED=$(cd ../.. && pwd)',
				'01': 'cat > /dev/null',
				'02': '(trap "" HUP; for i in {1..20}; do echo still here; sleep 0.05; done) &',
			},
		},
	],
	[
		'there is only bootstrap-run.sh',
		{ files: { ...NO_HOOKS, 'scripts/update/bootstrap-run.sh': bootstrapHook() } },
	],
	[
		'there are no filters',
		{
			files: {
				...NO_HOOKS,
				'scripts/update/.updateignore': undefined,
				'scripts/update/.updateinclude': undefined,
				'scripts/update/01-run.sh':
					'#!/bin/sh\ncp ../../info.json ../../service.txt "$2"/ && cp ../../service.txt "$2"/logs/service.running\n',
			},
		},
	],
	[
		'a file becomes a directory and a directory a file, rollback.sh is missing, a hook is not a shell script',
		{
			files: {
				'bin/tool': undefined,
				bin: 'now a file\n',
				'README.md': undefined,
				'README.md/index': 'now a directory\n',
				'current-tool': undefined,
				'scripts/update/rollback.sh': undefined,
				'scripts/update/02-run.sh': '#!/usr/bin/env -S perl -w\nexit 0;\n',
			},
		},
	],
	[
		'events/signals is not ignored and is deleted, as by later Citadels',
		{ ignore: '/.*\n/db/*\n/logs/*\n/app-data/*\nstatuses\n' },
	],
	[
		'statuses/* is ignored, as by the last Citadels',
		{ ignore: '/.*\n/db/*\n/logs/*\n/app-data/*\nevents/signals\nstatuses/*\n' },
	],
];

test.each(HABITS)('commits the update when %s', async (_, habit) => {
	const box = boxWith({ ...NEW, ...habit });
	const end = await box.updater('update');
	expect({ code: end.code, stderr: end.stderr, error: box.change().error }).toEqual({
		code: 0,
		stderr: '',
		error: null,
	});
	expect(box.version()).toBe('1.1.0');
	expect(box.change()).toMatchObject({ state: 'committed', progress: 100 });
	expect(box.legacyStatus()).toMatchObject({
		state: 'success',
		progress: 100,
		description: 'Updated to 1.1.0',
		updateTo: '',
	});
	expectDataUntouched(box);
	expect(readdirSync(join(box.root, 'events/signals'))).toEqual([]);
});

test('keeps the status rules that dashboards rely on, whatever hooks write', async () => {
	const untilSeen = 'for i in {1..3000}; do [[ -e "$ROOT"/db/.seen ]] && break; sleep 0.02; done';
	const said = [
		sayStatus(90, 'Nearly there...', 'success'),
		untilSeen,
		says(sayStatus(30, 'Again from 30'), sayStatus(0, '')),
	];
	const box = boxWith({ ...NEW, does: { '01': said.join('\n') } });
	const goOn = ({ change }: Seen) => {
		if (change?.description === 'Nearly there') writeFileSync(join(box.root, 'db/.seen'), '');
	};
	const seen = (await watchStatuses(box, '', goOn)).seen.flatMap(({ change }) =>
		change === undefined ? [] : [change],
	);
	const progress = seen.map((one) => one.progress);
	expect(progress).toEqual(progress.toSorted((a, b) => a - b));
	expect(progress[0]).toBeGreaterThan(0);
	expect(progress).toContain(90);
	expect(seen.filter((one) => one.progress === 100).every((one) => one.state === 'committed')).toBe(true);
	expect(seen.map((one) => one.description)).toContain('Nearly there');
	expect(seen.filter((one) => one.description.endsWith('.'))).toEqual([]);
});

test('retries a hook that fails after the commit, reports a warning, and undoes nothing', async () => {
	const box = boxWith({ ...NEW, does: { '03': 'echo tried >> "$ROOT"/app-data/tries; exit 1' } });
	box.configure('[hooks]\npause = "50ms"');
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
	expect(readFileSync(join(box.root, 'app-data/tries'), 'utf8')).toBe('tried\n'.repeat(3));
	expect(box.change()).toMatchObject({
		state: 'committed',
		error: { code: 'hook-failed' },
		outcome: { kind: 'committed', warnings: [{ code: 'hook-failed' }] },
	});
	expect(box.legacyStatus()).toMatchObject({ state: 'success', progress: 100 });
});

test('publishes the whole path on check', async () => {
	const box = boxWith(NEW, { version: '1.2.0', requires: '>=1.1.0' });
	const end = await box.updater('check');
	expect(end.code).toBe(0);
	const available = JSON.parse(end.stdout);
	expect(available).toMatchObject({ installed: '1.0.0', newest: '1.2.0', reason: null, trust: 'unsigned' });
	expect(available.path.map((hop: { tag: string }) => hop.tag)).toEqual(['v1.1.0', 'v1.2.0']);
	expect(JSON.parse(readFileSync(box.layout.available, 'utf8'))).toEqual(available);
});
