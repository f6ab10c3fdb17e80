/** Asks the updater what a rollback by hand would do, where the caller may know: backups are root's. */
import { parseWayBack, type WayBack } from '../../model/way-back.ts';
import { cacheEnvironment, nodeProgram, programPath } from '../../system/program.ts';
import { runTool } from '../../system/run-tool.ts';
import type { World } from '../../terminal/world.ts';
import { placeArgs, runsTheRoot } from './place.ts';
import type { Common } from './subcommand.ts';

/** Trees are compared by size and time; nothing is fetched. */
const LONGEST = 5 * 60_000;

/**
 * Returns what a rollback would do. Undefined: this user may not look, or there is nothing to go back to, which root says to
 * whoever asks for it.
 */
export async function askWayBack(common: Common, world: World): Promise<WayBack | undefined> {
	if ((await mayLook(common, world)) === 'no') return undefined;
	const end = await runTool({
		program: nodeProgram,
		args: [programPath(import.meta.url, '../../privileged/updater/main'), 'way-back', ...placeArgs(common, world)],
		// The updater builds the environment of what it runs from nothing; it needs none itself.
		env: { PATH: '/usr/bin:/bin', ...cacheEnvironment() },
		cwd: world.cwd,
		timeout: LONGEST,
		signal: world.interrupted,
	});
	return end.kind === 'done' ? parseWayBack(end.stdout) : undefined;
}

/** To look is a courtesy: what is wrong with the configuration is told by root when it is asked to act. */
async function mayLook(common: Common, world: World): Promise<'yes' | 'no'> {
	try {
		return await runsTheRoot(common, world);
	} catch {
		return 'no';
	}
}
