/**
 * Runs one script of a release in its own process group, with a time limit, a clean environment and a bounded
 * log file.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { objectFormat } from '../../model/base/file-format.ts';
import type { ProcessMark } from '../../model/signal/signal.ts';
import { removeTree } from '../../system/files/directories.ts';
import { replaceWhole } from '../../system/files/replace-file.ts';
import { readState } from '../../system/files/state-file.ts';
import { buildEnvironment } from '../../system/process/environment.ts';
import {
	endGroup,
	endProcessesWith,
	type GroupEnd,
	groupLives,
	markProcess,
	processLives,
	type RunningGroup,
	startGroup,
} from '../../system/process/group.ts';
import { OutputFile } from '../../system/process/output-file.ts';
import type { ChangeWorld } from './world.ts';

/** How often a running script is checked, in milliseconds. */
const TICK = 100;
/** Milliseconds between TERM and KILL of a script's process group. */
const GRACE = 5000;

export interface Script {
	readonly program: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** The name of its file in the change's `logs`, without the extension. */
	readonly log: string;
	/** Called ten times a second while it runs. */
	readonly onTick: () => void;
	/** The time limit in milliseconds; default: the limit of one hook. */
	readonly limit?: number;
}

export interface ScriptEnd {
	readonly how: GroupEnd | { readonly kind: 'timed-out' };
	/** The end of its output. */
	readonly output: string;
}

/**
 * Waits for a line, then becomes the script. An updater that is killed before it recorded the process never
 * sends the line, so no script runs that the next updater would not find.
 */
const GATE = 'read -r _ && exec "$0" "$@" </dev/null';

/** How many bytes of the output an error contains. */
const TAIL = 1000;

/**
 * Runs a script to its end or its time limit. Background processes stay when it succeeded; otherwise they are
 * ended too, or they would keep running while the old release is restored.
 */
export async function runScript(world: ChangeWorld, script: Script): Promise<ScriptEnd> {
	mkdirSync(join(world.dir, 'logs'), { recursive: true, mode: 0o700 });
	const output = new OutputFile(join(world.dir, 'logs', `${script.log}.log`), world.config.hooks.output);
	try {
		const group = startGroup({
			program: '/bin/sh',
			args: ['-c', GATE, script.program, ...script.args],
			cwd: script.cwd,
			env: environmentOf(world, script.log),
			input: { kind: 'held' },
			output: { fd: output.fd },
		});
		openGate(world, script.log, group);
		const how = await watch(world, script, output, group);
		return { how, output: output.tail(TAIL) };
	} finally {
		output.trim();
		output.close();
		removeTree(runningMark(world));
	}
}

async function watch(
	world: ChangeWorld,
	script: Script,
	output: OutputFile,
	group: RunningGroup,
): Promise<ScriptEnd['how']> {
	const limit = world.clock.monotonic() + (script.limit ?? world.config.hooks.timeout);
	let end: GroupEnd | undefined;
	void group.ended.then((one) => {
		end = one;
	});
	const waiting = new AbortController();
	void group.ended.then(() => waiting.abort());
	while (end === undefined && world.clock.monotonic() < limit) {
		await world.clock.sleep(TICK, waiting.signal);
		output.trim();
		script.onTick();
	}
	const how: ScriptEnd['how'] = end ?? { kind: 'timed-out' };
	const endedWell = how.kind === 'exited' && how.code === 0;
	if (group.pid !== undefined && !endedWell) await endScript(world, script.log, group.pid);
	return how;
}

/** Ends its process group at once, then each process that started a session of its own. */
async function endScript(world: ChangeWorld, script: string, pid: number): Promise<void> {
	if (groupLives(pid)) await endGroup(pid, GRACE, world.clock);
	await endProcessesWith([...marksOfChange(world), markOfScript(script)], GRACE, world.clock);
}

/**
 * Ends everything that the scripts of this change left running: it must not write to the root while the old
 * release is restored.
 */
export async function endAllOf(world: ChangeWorld): Promise<void> {
	const ended = await endProcessesWith(marksOfChange(world), GRACE, world.clock);
	if (ended > 0)
		world.log.info('ended what hooks had left running', { change: world.opened.change, processes: ended });
}

const marksOfChange = ({ layout, opened }: ChangeWorld) => [
	`SIGNALBOX_ROOT=${layout.root}`,
	`SIGNALBOX_CHANGE=${opened.change}`,
];
const markOfScript = (script: string) => `SIGNALBOX_HOOK=${script}`;

function environmentOf(world: ChangeWorld, script: string): Record<string, string> {
	const { opened } = world;
	const further = {
		SIGNALBOX_ROOT: world.layout.root,
		SIGNALBOX_CONFIG: world.configFile,
		SIGNALBOX_CHANGE: opened.change,
		SIGNALBOX_HOOK: script,
		SIGNALBOX_FROM: opened.from,
		SIGNALBOX_TO: opened.to,
	};
	const root = process.geteuid?.() === 0;
	return buildEnvironment({
		path: world.config.hooks.path,
		home: root ? '/root' : world.layout.root,
		user: root ? 'root' : String(process.geteuid?.()),
		further,
	});
}

/**
 * Records the running script on disk: a killed updater leaves it running, and the next updater must end it
 * first.
 */
function runningMark(world: ChangeWorld): string {
	return join(world.dir, 'running');
}

/** The recorded script; older updaters did not record its name. */
type RunningScript = ProcessMark & { readonly script?: string };

function openGate(world: ChangeWorld, script: string, { pid, child }: RunningGroup): void {
	try {
		const mark = pid === undefined ? undefined : markProcess(pid);
		if (mark === undefined) return;
		replaceWhole(runningMark(world), JSON.stringify({ ...mark, script } satisfies RunningScript));
		child.stdin?.write('go\n');
	} finally {
		child.stdin?.end();
	}
}

/** A power cut may leave the mark empty: nothing that ran before it runs now. */
const MARK_FILE = objectFormat(1000, (object) => object as unknown as RunningScript);

/** Ends the script that an earlier updater of this change left running, if it still runs. */
export async function endLeftover(world: ChangeWorld): Promise<void> {
	const read = readState(runningMark(world), MARK_FILE);
	if (read.kind === 'missing') return;
	const mark = read.kind === 'value' ? read.value : undefined;
	if (mark !== undefined && processLives(mark)) {
		world.log.info('ending a hook that an earlier updater left running', { pid: mark.pid });
		await endGroup(mark.pid, GRACE, world.clock);
	}
	if (mark?.script !== undefined)
		await endProcessesWith([...marksOfChange(world), markOfScript(mark.script)], GRACE, world.clock);
	removeTree(runningMark(world));
}
