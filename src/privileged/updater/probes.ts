/** Probes: is the box well? Each is tried until it was well once or its deadline passed. */
import type { ProbeConfig } from '../../model/config.ts';
import { problem } from '../../model/error.ts';
import { buildEnvironment } from '../../system/environment.ts';
import { runTool, type ToolEnd } from '../../system/run-tool.ts';
import type { World } from './world.ts';

/** Throws `probe-failed` with what the first unwell probe said last. Returns how many were well. */
export async function requireWell(world: World): Promise<number> {
	for (const probe of world.config.probes) await requireOne(world, probe);
	return world.config.probes.length;
}

async function requireOne(world: World, probe: ProbeConfig): Promise<void> {
	const limit = world.clock.monotonic() + probe.deadline;
	for (;;) {
		const end = await ask(world, probe);
		if (end.kind === 'done') return;
		if (world.clock.monotonic() + probe.interval >= limit) throw unwell(probe, end);
		await world.clock.sleep(probe.interval);
	}
}

async function ask(world: World, probe: ProbeConfig): Promise<ToolEnd> {
	const [program = '', ...args] = probe.command;
	return await runTool({
		program,
		args,
		cwd: world.layout.root,
		env: buildEnvironment({ path: world.config.hooks.path, home: '/root', user: 'root', further: { SIGNALBOX_ROOT: world.layout.root } }),
		timeout: probe.timeout,
		maxOutput: 1024 * 1024,
	});
}

function unwell(probe: ProbeConfig, end: ToolEnd): Error {
	const said = end.kind === 'failed' ? `it ended with ${end.exitCode}` : 'it did not end in time';
	return problem(
		'probe-failed',
		`the box is not well: probe ${probe.name}: ${said}`,
		'look at the probe’s command and at the log of the service it asks',
		{
			retry: 'later',
			facts: { probe: probe.name, said: end.kind === 'done' ? '' : end.stderr.slice(-500) },
		},
	);
}
