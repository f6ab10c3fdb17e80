/** Hooks stop karen and trust that the new release starts it again. After a rollback nobody may have: then we do. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { recordOfStep } from '../../model/journal.ts';
import { buildEnvironment } from '../../system/environment.ts';
import { takeLock } from '../../system/lock.ts';
import { cacheEnvironment, nodeProgram, programPath } from '../../system/program.ts';
import type { ChangeWorld } from './world.ts';

/** How long a karen that restarts may take to have its lock, in milliseconds. */
const PATIENCE = 3000;

/** Sees to it that a karen that ran before the change runs after it. Where systemd runs, it restarts karen by itself. */
export async function ensureKaren(world: ChangeWorld): Promise<void> {
	if (recordOfStep(world.journal(), 'handover')?.karen !== 'ran' || existsSync('/run/systemd/system')) return;
	const limit = world.clock.monotonic() + PATIENCE;
	while (world.clock.monotonic() < limit) {
		if (isKarenThere(world)) return;
		await world.clock.sleep(200);
	}
	startKaren(world);
}

/** Returns whether a karen holds its lock. */
export function isKarenThere(world: ChangeWorld): boolean {
	const taken = takeLock(world.layout.karenLock, 0);
	if (taken.kind === 'held') taken.lock.release();
	return taken.kind === 'busy';
}

function startKaren(world: ChangeWorld): void {
	const config = ['--config', world.configFile];
	const out = openSync(`${world.layout.state}/karen.out`, 'a', 0o600);
	const child = spawn(nodeProgram, [programPath(import.meta.url, '../karen/main'), '--root', world.layout.root, ...config], {
		argv0: './karen',
		cwd: '/',
		detached: true,
		stdio: ['ignore', out, out],
		env: buildEnvironment({ path: world.config.hooks.path, home: '/root', user: 'root', further: cacheEnvironment() }),
	});
	child.on('error', () => world.log.info('cannot start karen'));
	child.unref();
	closeSync(out);
	world.log.info('started karen: nobody else had');
}
