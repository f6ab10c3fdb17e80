/** `check`: plans, and publishes the plan. */
import type { Available } from '../../../model/release/plan.ts';
import { takeLock } from '../../../system/files/lock.ts';
import { installedNow } from '../plan/installed-version.ts';
import { publishAvailable } from '../plan/planning.ts';
import type { World } from '../world.ts';
import { busy, STORE_PATIENCE } from './busy.ts';

/** Plans, publishes the plan, and returns it. Throws `busy`. */
export async function check(world: World): Promise<Available> {
	const taken = takeLock(world.layout.storeLock, STORE_PATIENCE);
	if (taken.kind === 'busy') throw busy();
	try {
		return await publishAvailable(world, installedNow(world.layout));
	} finally {
		taken.lock.release();
	}
}
