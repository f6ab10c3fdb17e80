/**
 * The contract of installers: handlers match their rows, and a second installer runs whole changes without
 * further code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Outcome } from '../../../../src/model/change/outcome.ts';
import type { InstallStep } from '../../../../src/model/change/step-table.ts';
import { statusesAccess } from '../../../../src/privileged/access/statuses-access.ts';
import { StatusesDirectory } from '../../../../src/privileged/access/statuses-directory.ts';
import { prepareState } from '../../../../src/privileged/access/trusted-parents.ts';
import { makeInstaller, type StepTable } from '../../../../src/privileged/updater/installers/installer.ts';
import { openChange } from '../../../../src/privileged/updater/journal/change-journal.ts';
import { openReleases } from '../../../../src/privileged/updater/releases/open-releases.ts';
import { runChange } from '../../../../src/privileged/updater/run-change.ts';
import { makePublisher } from '../../../../src/privileged/updater/status/publisher.ts';
import type { Handler, StepHandler } from '../../../../src/privileged/updater/step-handler.ts';
import type { World } from '../../../../src/privileged/updater/world.ts';
import { bootId, systemClock } from '../../../../src/system/clock.ts';
import { readSettings } from '../../../../src/system/root/config-file.ts';
import { type Box, boxForTest } from '../../../box/box.ts';
import { type CitadelRelease, NO_HOOKS } from '../../../box/releases/citadel.ts';
import { openedFrom } from '../../../box/world.ts';
import { traceOf } from '../../../engine/change/trace-of.ts';
import { placing } from './placing.ts';

const R = 'reserve fetch stage inspect handover backup';
const S = `${R} place:bin/tool place:info.json switch`;

const releaseOf = (version: string, tool: string): CitadelRelease => ({
	version,
	requires: '*',
	files: { ...NO_HOOKS, 'bin/tool': { text: `#!/bin/sh\necho ${tool}\n`, mode: 0o755 } },
});

/** A box whose release the second installer installs: no release of it has a hook. */
function boxWith(next: CitadelRelease): Box {
	const box = boxForTest(releaseOf('1.0.0', 'the old tool'));
	box.publish(next);
	return box;
}

async function worldOf(box: Box): Promise<World> {
	const { config, configFile, layout } = readSettings(box.root, box.config);
	prepareState(layout);
	const log = { info: () => undefined, warn: () => undefined, problem: () => undefined };
	const access = statusesAccess(config);
	const statuses = new StatusesDirectory(layout, access, 'ours');
	const source = await openReleases({ layout, config, clock: systemClock });
	onTestFinished(() => source.close());
	const publisher = makePublisher({ layout, statuses, access }, systemClock, log);
	const rest = { clock: systemClock, boot: bootId, endFile: undefined };
	return { layout, config, configFile, source, statuses, publisher, log, ...rest };
}

async function update(box: Box): Promise<{ readonly outcome: Outcome; readonly trace: string }> {
	const world = await worldOf(box);
	await world.source.list();
	const journal = openChange(world.layout, openedFrom('1.0.0', '1.1.0'), systemClock);
	const outcome = await runChange(world, journal, placing, 'opened');
	journal.close();
	return { outcome, trace: traceOf({ outcome, journal: box.journal() }) };
}

const toolOf = (box: Box) => readFileSync(join(box.root, 'bin/tool'), 'utf8');

test('a second installer commits a release', async () => {
	const box = boxWith(releaseOf('1.1.0', 'the new tool'));
	const { trace } = await update(box);
	expect(trace).toBe(`${S} check probe commit note clean = committed`);
	expect(box.version()).toBe('1.1.0');
	expect(toolOf(box)).toContain('the new tool');
	expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0', progress: 100 });
	expect(box.leftovers()).toEqual([]);
});

test('a second installer undoes each of its steps when a release fails, last step first', async () => {
	const box = boxWith(releaseOf('1.1.0', 'a broken tool'));
	const before = box.fingerprint();
	const { outcome, trace } = await update(box);
	expect(trace).toBe(`${S} check! -place:info.json -place:bin/tool -backup -handover -stage = rolled-back`);
	expect(outcome).toMatchObject({ kind: 'rolled-back', version: '1.0.0', cause: { code: 'hook-failed' } });
	expect(toolOf(box)).toContain('the old tool');
	expect(box.fingerprint()).toEqual(before);
	expect(box.leftovers()).toEqual([]);
});

test('a release that the second installer refuses changes nothing', async () => {
	const box = boxWith({ version: '1.1.0', requires: '*', files: { ...NO_HOOKS, 'bin/tool': undefined } });
	const before = box.fingerprint();
	expect((await update(box)).trace).toBe('reserve fetch stage inspect! -stage = dropped');
	expect(box.fingerprint()).toEqual(before);
});

const nothing = async () => ({});
const undo = async () => undefined;

test('a handler compiles exactly when it has the undo that its row promises', () => {
	// tsc reports an expected error that does not occur.
	const undone: Handler<'always', InstallStep, object> = { do: nothing, undo };
	const kept: Handler<'never', InstallStep, object> = { do: nothing };
	// @ts-expect-error: the row promises an undo, and the handler has none.
	const lacking: Handler<'always', InstallStep, object> = { do: nothing };
	// @ts-expect-error: the row promises an undo from R on, and the handler has none.
	const lackingAfterR: Handler<'after R', InstallStep, object> = { do: nothing };
	// @ts-expect-error: the row says that nothing is undone, and the handler has an undo that would never run.
	const superfluous: Handler<'never', InstallStep, object> = { do: nothing, undo };
	// @ts-expect-error: the shared step `backup` is always undone.
	const backup: StepHandler<'backup'> = { do: async () => ({ dir: '', bytes: 0 }) };
	// @ts-expect-error: the shared step `commit` is never undone.
	const commit: StepHandler<'commit'> = { do: nothing, undo };
	const row = { state: 'installing', progress: 50, label: () => '', undone: 'always' } as const;
	const plan = () => ({ install: [], verify: [], finish: [] });
	const installer = makeInstaller({
		table: { place: row },
		inspect: () => ({}),
		plan,
		// @ts-expect-error: the row of `place` promises an undo, and the handler has none.
		handlers: { place: { do: nothing } },
	});
	// @ts-expect-error: `backup` is a shared step; an action of an installer needs a name of its own.
	const table: StepTable = { backup: row };
	const checked = [undone, kept, lacking, lackingAfterR, superfluous, backup, commit, installer, table];
	expect(checked).toHaveLength(9);
});
