/**
 * The reboot that a release asks for: the configured command runs, and the machine goes down with this
 * process. The updater that resumes the change in the next boot finds the step done
 * (engine/change/reboot.ts).
 */
import { problem } from '../../../model/base/error.ts';
import { formatSpan } from '../../../model/base/units.ts';
import { syncFileSystem } from '../../../system/files/disk.ts';
import { runScript, type ScriptEnd } from '../run-script.ts';
import { RunLater, type StepHandler } from '../step-handler.ts';
import type { ChangeWorld } from '../world.ts';

/** How often the clock is checked while the machine goes down, in milliseconds. */
const TICK = 1000;

export const reboot: StepHandler<'reboot'> = {
	async do(world) {
		const { command, deadline } = world.config.reboot;
		const [program = '', ...args] = command;
		const limit = world.clock.monotonic() + deadline;
		// Not every command that ends a boot syncs the disks first.
		await syncFileSystem(world.layout.root);
		const end = await runScript(world, {
			program,
			args,
			cwd: world.layout.root,
			log: 'reboot',
			onTick: () => undefined,
			limit: deadline,
		});
		if (end.how.kind !== 'exited' || end.how.code !== 0) throw stillUp(world, `${program} failed`, end);
		while (world.clock.monotonic() < limit)
			await world.clock.sleep(Math.min(TICK, limit - world.clock.monotonic()));
		throw stillUp(world, `it still runs ${formatSpan(deadline)} after ${program}`, end);
	},
};

function stillUp(world: ChangeWorld, why: string, { how, output }: ScriptEnd): RunLater {
	const message = `the release needs a restart of the machine, and ${why}`;
	const hint = `try reboot.command by hand, read \`signalbox logs ${world.opened.change}\`, then update again`;
	return new RunLater(
		problem('reboot-failed', message, hint, { retry: 'later', facts: { how: JSON.stringify(how), output } })
			.record,
	);
}
