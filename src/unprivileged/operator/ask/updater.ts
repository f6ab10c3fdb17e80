/** Runs the updater directly, which only the user who runs the root can do. */
import { cacheEnvironment, nodeProgram, programPath } from '../../../system/process/program.ts';
import type { ToolEnd } from '../../../system/process/run-tool.ts';
import type { World } from '../../../terminal/world.ts';
import { placeArgs } from '../located-root.ts';
import type { Common } from '../subcommand.ts';

export interface Question {
	/** The updater's command and its options. */
	readonly words: readonly string[];
	/** Milliseconds. */
	readonly timeout: number;
	/** Ends the updater too. */
	readonly signal?: AbortSignal;
}

/** Runs the updater to its end. */
export async function askUpdater(
	{ words, ...limits }: Question,
	common: Common,
	world: World,
): Promise<ToolEnd> {
	// Loaded on demand: running tools doubles the start-up time of a command, and most commands run none.
	const { runTool } = await import('../../../system/process/run-tool.ts');
	return await runTool({
		program: nodeProgram,
		args: [programPath('updater'), ...words, ...placeArgs(common, world)],
		// The updater needs no environment: it builds that of its own children from scratch.
		env: { PATH: '/usr/bin:/bin', ...cacheEnvironment() },
		cwd: world.cwd,
		...limits,
	});
}
