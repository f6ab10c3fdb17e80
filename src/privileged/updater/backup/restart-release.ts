/** Starts a restored release, and makes sure that it is healthy and that karen runs. */
import { existsSync } from 'node:fs';
import { problem } from '../../../model/base/error.ts';
import { plainOutput } from '../../../model/base/plain-output.ts';
import type { Version } from '../../../model/release/version.ts';
import { syncFileSystem } from '../../../system/files/disk.ts';
import { ensureKaren } from '../health/ensure-karen.ts';
import { requireWell } from '../health/probes.ts';
import { probesOfOld } from '../health/probes-of.ts';
import { runScript, type ScriptEnd } from '../run-script.ts';
import type { ChangeWorld } from '../world.ts';
import { sealedScript } from './restart-command.ts';

export interface Restart {
	readonly version: Version;
	/** Name of the log file. */
	readonly log: string;
}

/**
 * Runs install.restart, or else the rollback.sh that the change in `dir` copied, if there is one, and syncs
 * what it wrote. Throws `restart-failed` and `probe-failed`.
 */
export async function restartRelease(world: ChangeWorld, dir: string, restart: Restart): Promise<void> {
	const [program, ...args] = commandOf(world, dir, restart.version);
	if (program !== undefined) {
		const end = await runScript(world, {
			program,
			args,
			cwd: world.layout.root,
			log: restart.log,
			onTick: () => undefined,
		});
		if (end.how.kind !== 'exited' || end.how.code !== 0) throw failed(program, end);
		await syncFileSystem(world.layout.root);
	}
	await requireWell(world, probesOfOld(world, dir, restart.version));
	await ensureKaren(world);
}

function commandOf(world: ChangeWorld, dir: string, version: Version): readonly string[] {
	if (world.config.install.restart.length > 0) return world.config.install.restart;
	const script = sealedScript(dir);
	return existsSync(script) ? [script, `v${version}`, world.layout.root] : [];
}

function failed(program: string, end: ScriptEnd): Error {
	return problem(
		'restart-failed',
		`cannot start the old release: ${program} failed`,
		'read `signalbox logs`, then start it by hand',
		{
			facts: { program, end: JSON.stringify(end.how), output: plainOutput(end.output) },
		},
	);
}
