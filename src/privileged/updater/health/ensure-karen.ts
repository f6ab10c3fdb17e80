/**
 * Starts karen after a change if she ran before it. Hooks stop her and rely on the new release to start her
 * again.
 */
import { closeSync, openSync } from 'node:fs';
import { recordOfStep } from '../../../model/change/journal.ts';
import type { StepRecords } from '../../../model/change/step.ts';
import { takeLock } from '../../../system/files/lock.ts';
import { startChild } from '../../../system/process/child.ts';
import { buildEnvironment } from '../../../system/process/environment.ts';
import { cacheEnvironment, nodeProgram, programPath } from '../../../system/process/program.ts';
import { runTool } from '../../../system/process/run-tool.ts';
import { isOfRun, serviceHolding, systemdRuns } from '../../../system/process/systemd.ts';
import type { ChangeWorld } from '../world.ts';

/** How long a restarting karen may take to take her lock, in milliseconds. */
const PATIENCE = 3000;
/** How long to wait for the service to start, in milliseconds. */
const STARTING = 90_000;

/** Returns what the journal records about karen before hooks may stop her. */
export function inspectKaren(world: ChangeWorld): Omit<StepRecords['handover'], 'doors'> {
	if (!isKarenThere(world)) return { karen: 'was-down', unit: null };
	return { karen: 'ran', unit: systemdRuns() ? karensUnit(world) : null };
}

/**
 * A karen that an earlier updater started runs in the remains of that updater's service, which is not hers.
 */
function karensUnit({ layout }: ChangeWorld): string | null {
	const unit = serviceHolding(layout.karenLock);
	return unit === undefined || isOfRun(unit) ? null : unit;
}

/**
 * Makes sure that a karen that ran before the change runs after it, in her service if she had one. systemd
 * itself does not restart a service that a hook stopped.
 */
export async function ensureKaren(world: ChangeWorld): Promise<void> {
	const before = recordOfStep(world.journal(), 'handover');
	if (before?.karen !== 'ran' || (await karenComes(world))) return;
	// Older updaters recorded no unit.
	const unit = before.unit ?? null;
	if (unit === null || (await startUnit(world, unit)) === 'not started') startKaren(world);
}

async function karenComes(world: ChangeWorld): Promise<boolean> {
	const limit = world.clock.monotonic() + PATIENCE;
	while (world.clock.monotonic() < limit) {
		if (isKarenThere(world)) return true;
		await world.clock.sleep(200);
	}
	return false;
}

async function startUnit(world: ChangeWorld, unit: string): Promise<'started' | 'not started'> {
	const how = await systemctlStart(world, unit);
	world.log.info(`karen’s service was ${how} by the updater`, { unit });
	return how;
}

/** A failure does not fail the change: the updater can start karen itself. */
async function systemctlStart(world: ChangeWorld, unit: string): Promise<'started' | 'not started'> {
	try {
		const args = ['--quiet', 'start', '--', unit];
		const end = await runTool({
			program: '/usr/bin/systemctl',
			args,
			env: environmentOf(world),
			timeout: STARTING,
		});
		return end.kind === 'done' ? 'started' : 'not started';
	} catch {
		return 'not started';
	}
}

/** Returns whether a karen holds her lock. */
function isKarenThere(world: ChangeWorld): boolean {
	const taken = takeLock(world.layout.karenLock, 0);
	if (taken.kind === 'held') taken.lock.release();
	return taken.kind === 'busy';
}

function startKaren(world: ChangeWorld): void {
	const config = ['--config', world.configFile];
	const out = openSync(`${world.layout.state}/karen.out`, 'a', 0o600);
	const child = startChild({
		program: nodeProgram,
		args: [programPath('karen'), '--root', world.layout.root, ...config],
		argv0: './karen',
		cwd: '/',
		group: 'own',
		stdio: ['ignore', out, out],
		env: environmentOf(world),
	});
	child.on('error', () => world.log.info('cannot start karen'));
	child.unref();
	closeSync(out);
	world.log.info('started karen: it was not running');
}

function environmentOf({ config }: ChangeWorld): Record<string, string> {
	return buildEnvironment({
		path: config.hooks.path,
		home: '/root',
		user: 'root',
		further: cacheEnvironment(),
	});
}
