/** Finds the root of a command, and what the caller may read of it. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Problem, problem, recordOf } from '../../model/base/error.ts';
import { type Layout, layoutOf } from '../../model/base/layout.ts';
import type { Settings } from '../../system/root/config-file.ts';
import { findRoot } from '../../system/root/find-root.ts';
import type { World } from '../../terminal/world.ts';
import type { Common } from './subcommand.ts';

/** Paths that need no configuration; the state directory does. */
export type PublicLayout = Pick<
	Layout,
	| 'root'
	| 'info'
	| 'signals'
	| 'signalReports'
	| 'updateStatus'
	| 'changeStatus'
	| 'available'
	| 'history'
	| 'karenStatus'
>;

/** Returns the paths of the named root, or of the nearest parent that is a root. Throws `root-missing`. */
export function publicLayout(place: Pick<Common, 'root'>, world: Pick<World, 'cwd'>): PublicLayout {
	return layoutOf(rootOf(place, world), '');
}

/**
 * As `publicLayout`, with the configuration. Throws `config-missing`, `config-invalid` and `config-unsafe`.
 */
export async function settingsOf(
	place: Pick<Common, 'root' | 'config'>,
	world: Pick<World, 'cwd'>,
): Promise<Settings> {
	// Loaded on demand: most commands need no configuration, and its parsers double the start-up time.
	const { readSettings } = await import('../../system/root/config-file.ts');
	return readSettings(
		rootOf(place, world),
		place.config === undefined ? undefined : resolve(world.cwd, place.config),
	);
}

/**
 * Returns whether the caller runs the root, as root or its one ordinary user: can read the configuration and
 * write the state. Throws the error of a configuration that the caller can correct.
 */
export async function runsTheRoot(
	place: Pick<Common, 'root' | 'config'>,
	world: Pick<World, 'cwd' | 'uid'>,
): Promise<'yes' | 'no'> {
	try {
		const { layout } = await settingsOf(place, world);
		accessSync(nearestThere(layout.state), constants.R_OK | constants.W_OK | constants.X_OK);
		return 'yes';
	} catch (thrown) {
		const { code } = recordOf(thrown);
		if (world.uid === 0 || code === 'config-invalid' || code === 'root-missing') throw thrown;
		return 'no';
	}
}

/** The state directory may not exist yet; the updater creates it. */
function nearestThere(path: string): string {
	return existsSync(path) ? path : nearestThere(dirname(path));
}

/** Returns `--root` and `--config` for another program of Signalbox. */
export function placeArgs(
	place: Pick<Common, 'root' | 'config'>,
	world: Pick<World, 'cwd'>,
): readonly string[] {
	const config = place.config === undefined ? [] : ['--config', resolve(world.cwd, place.config)];
	return ['--root', rootOf(place, world), ...config];
}

function rootOf(place: Pick<Common, 'root'>, world: Pick<World, 'cwd'>): string {
	if (place.root === undefined) return findRoot(world.cwd);
	const root = resolve(world.cwd, place.root);
	if (existsSync(join(root, 'info.json')) && existsSync(join(root, 'events'))) return root;
	throw notARoot(root);
}

function notARoot(root: string): Problem {
	const hint = 'name another with --root, or run signalbox init there';
	return problem(
		'root-missing',
		`cannot use ${root} as a root: info.json or events/ is missing, or this user cannot see it`,
		hint,
		{
			facts: { root },
		},
	);
}
