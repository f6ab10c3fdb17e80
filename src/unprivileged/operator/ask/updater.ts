/** Asks the updater itself, where the caller runs the root. */
import { cacheEnvironment, nodeProgram, programPath } from '../../../system/process/program.ts';
import type { ToolEnd } from '../../../system/process/run-tool.ts';
import type { World } from '../../../terminal/world.ts';
import { placeArgs } from '../located-root.ts';
import type { Common } from '../subcommand.ts';

export interface Question {
	/** The verb and its options. */
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
	// Loaded here: what runs tools takes as long to load as all else of a command, and most commands run none.
	const { runTool } = await import('../../../system/process/run-tool.ts');
	return await runTool({
		program: nodeProgram,
		args: [programPath('updater'), ...words, ...placeArgs(common, world)],
		// The updater builds the environment of what it runs from nothing; it needs none itself.
		env: { PATH: '/usr/bin:/bin', ...cacheEnvironment() },
		cwd: world.cwd,
		...limits,
	});
}
