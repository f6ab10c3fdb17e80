/**
 * The installer of releases that install themselves: their numbered hook scripts change the root in place.
 */
import { join } from 'node:path';
import { makeInstaller } from '../installer.ts';
import { hooksIn, requireTools } from './find-hooks.ts';
import { hook } from './hook.ts';
import { HOOK_TABLE, planHooks } from './plan-hooks.ts';

export const hooks = makeInstaller({
	table: HOOK_TABLE,
	inspect: ({ config }, staged) => {
		const scripts = join(staged, 'scripts/update');
		const names = hooksIn(scripts, config.hooks.path);
		requireTools(scripts, config.hooks.path);
		return { hooks: names };
	},
	plan: planHooks,
	handlers: { hook },
});
