/** Starts karen and the manager as separate processes, each with its output in a file. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../model/base/error.ts';
import { layoutOf } from '../model/base/layout.ts';
import { type ChildProcess, startChild } from '../system/process/child.ts';
import { endGroup } from '../system/process/group.ts';
import { karenLauncher, nodeProgram, programPath } from '../system/process/program.ts';
import type { World } from '../terminal/world.ts';
import { runningKaren } from '../unprivileged/operator/statuses.ts';
import type { DemoBox } from './demo-box.ts';
import type { ManagerUser } from './manager-user.ts';

export interface Daemon {
	readonly pid: number;
	end(): Promise<void>;
}

/** Limits for a daemon to be ready, and to end, in milliseconds. */
const START = 30_000;
const GRACE = 5000;

export async function startKaren(box: DemoBox, world: World): Promise<Daemon> {
	const started = start(box, 'karen', [karenLauncher, '--root', box.root], undefined);
	await whenReady(started, world, () => runningKaren(layoutOf(box.root, box.state)));
	return daemonOf(started, world);
}

/**
 * Starts the manager on the loopback interface; for port 0 the kernel picks a free one. Also returns its URL.
 */
export async function startManager(
	box: DemoBox,
	port: number,
	user: ManagerUser,
	world: World,
): Promise<Daemon & { readonly url: string }> {
	const command = [
		nodeProgram,
		programPath('manager'),
		'--root',
		box.root,
		'--listen',
		`127.0.0.1:${port}`,
	] as const;
	const started = start(box, 'manager', command, user);
	const url = await whenReady(started, world, (output) => /listens on (http:\S+)/.exec(output)?.[1]);
	return { ...daemonOf(started, world), url };
}

interface Started {
	readonly name: string;
	readonly child: ChildProcess;
	readonly output: () => string;
}

/** In its own process group: Ctrl-C must reach only the demo, which then ends everything in order. */
function start(
	box: DemoBox,
	name: string,
	[program, ...args]: readonly [string, ...string[]],
	user: ManagerUser | undefined,
): Started {
	const path = join(box.directory, `${name}.out`);
	const fd = openSync(path, 'w', 0o600);
	const account = user === undefined || user.kind === 'caller' ? {} : { account: user };
	const child = startChild({
		program,
		args,
		cwd: '/',
		group: 'own',
		stdio: ['ignore', fd, fd],
		...account,
	});
	child.on('error', () => undefined);
	closeSync(fd);
	return { name, child, output: () => readFileSync(path, 'utf8') };
}

/**
 * Waits until `look` finds something. Throws `demo-failed` with the last output if the program ends first.
 */
async function whenReady<T>(
	{ name, child, output }: Started,
	world: World,
	look: (output: string) => T | undefined,
): Promise<T> {
	const limit = world.clock.monotonic() + START;
	for (;;) {
		const found = look(output());
		if (found !== undefined) return found;
		const ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
		if (ended || world.clock.monotonic() > limit || world.interrupted.aborted) break;
		await world.clock.sleep(20, world.interrupted);
	}
	if (child.pid !== undefined) await endGroup(child.pid, GRACE, world.clock);
	const said = output().trim().split('\n').slice(-10);
	throw problem('demo-failed', `cannot start the ${name} of the demo`, 'look at its output', {
		facts: { said },
	});
}

function daemonOf({ child }: Started, world: World): Daemon {
	const pid = child.pid ?? 0;
	return { pid, end: () => endGroup(pid, GRACE, world.clock) };
}
