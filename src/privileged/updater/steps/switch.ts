/**
 * Point S: the root's info.json must name the new release. This finds installing steps that succeed but
 * install nothing.
 */
import { problem } from '../../../model/base/error.ts';
import { readInfo } from '../plan/read-info.ts';
import type { StepHandler } from '../step-handler.ts';
import type { ChangeWorld } from '../world.ts';

export const switchOver: StepHandler<'switch'> = {
	async do(world) {
		requireSwitched(world);
		return { version: world.opened.to };
	},
};

/** Throws `not-switched` when the root's info.json does not name the new version. */
export function requireSwitched(world: ChangeWorld): void {
	const { version } = readInfo(world.layout.root, 'the root');
	if (version === world.opened.to) return;
	throw problem(
		'not-switched',
		`the hooks ended well, but the root still says ${version} and not ${world.opened.to}`,
		'ask the author of the release: its hooks do not install it',
		{
			facts: { says: version, expected: world.opened.to },
		},
	);
}
