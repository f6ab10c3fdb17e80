/** Ends everything that the demo started and removes its directory, whatever its state. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf } from '../model/base/layout.ts';
import type { ProcessMark, SignalName } from '../model/signal/signal.ts';
import { removeTree } from '../system/files/directories.ts';
import { readSmall } from '../system/files/read-file.ts';
import { endGroup, processLives } from '../system/process/group.ts';
import { readReport } from '../system/signal-client.ts';
import type { World } from '../terminal/world.ts';
import type { Daemon } from './daemon.ts';
import type { DemoBox } from './demo-box.ts';

const GRACE = 3000;
// Literals that are valid signal names.
const OUR_TRIGGERS = ['check', 'update', 'rollback'] as readonly string[] as readonly SignalName[];
/** Limit for a running update to end by itself after Ctrl-C. */
const PATIENCE = 15_000;

/** Waits for running triggers, then ends the daemons, their remaining processes, and the box's service. */
export async function endDemo(box: DemoBox, daemons: readonly Daemon[], world: World): Promise<void> {
	const limit = world.clock.monotonic() + PATIENCE;
	while (runningTriggers(box).length > 0 && world.clock.monotonic() < limit) await world.clock.sleep(50);
	await Promise.all(daemons.map((daemon) => daemon.end()));
	for (const mark of [...runningTriggers(box), ...runningHooks(box)])
		await endGroup(mark.pid, GRACE, world.clock);
	await endServices(box, world);
	removeTree(box.directory);
}

/** Our triggers survive karen, because an update's own hooks stop her. */
function runningTriggers(box: DemoBox): readonly ProcessMark[] {
	return OUR_TRIGGERS.flatMap((name) => {
		const mark = readReport(layoutOf(box.root, box.state), name)?.process ?? undefined;
		return mark !== undefined && processLives(mark) ? [mark] : [];
	});
}

/** The updater records the running hook, so that it can be ended after the updater was killed. */
function runningHooks(box: DemoBox): readonly ProcessMark[] {
	return names(join(box.state, 'changes')).flatMap((change) => {
		const read = readSmall(join(box.state, 'changes', change, 'running'), 1000);
		if (read.kind !== 'file') return [];
		// The updater's own file, written atomically.
		const mark = JSON.parse(read.bytes.toString('utf8')) as ProcessMark;
		return processLives(mark) ? [mark] : [];
	});
}

/** The service is identified by its command line, which contains this box's root. */
async function endServices(box: DemoBox, world: World): Promise<void> {
	for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
		if (isService(pid, box)) await endGroup(Number(pid), GRACE, world.clock);
	}
}

function isService(pid: string, box: DemoBox): boolean {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${box.root}/service/bell.mjs\0serve`);
	} catch {
		return false;
	}
}

function names(directory: string): string[] {
	try {
		return readdirSync(directory);
	} catch {
		return [];
	}
}
