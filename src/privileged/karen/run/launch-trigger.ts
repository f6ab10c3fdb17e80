/** Builds a trigger's command and environment from the current configuration, and starts it. */
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import type { User } from '../../../system/access/accounts.ts';
import { type Clock, randomHex } from '../../../system/clock.ts';
import { buildEnvironment } from '../../../system/process/environment.ts';
import { cacheEnvironment } from '../../../system/process/program.ts';
import { serviceOfRun, systemdRuns } from '../../../system/process/systemd.ts';
import type { Settings } from '../../../system/root/config-file.ts';
import { triggersDirectory } from '../admit/find-trigger.ts';
import { type StartedTrigger, startTrigger } from './start-trigger.ts';
import { type Command, fileCommand, unitCommand, updaterCommand } from './trigger-command.ts';
import type { TriggerFiles } from './trigger-files.ts';

export interface Launch {
	/** Names the run's files. */
	readonly id: string;
	/** The signal. */
	readonly name: string;
	readonly match: TriggerMatch;
	readonly payload: string;
	/** The run whose exit file it writes; default: its own. */
	readonly endOf?: string;
}

export interface LaunchWorld {
	readonly files: TriggerFiles;
	readonly clock: Clock;
	/** The user who runs karen and therefore the triggers. */
	readonly user: User;
}

/** Returns a run id of time and random digits, so that ids sort by time. */
export function makeRunId(clock: Clock): string {
	const time = new Date(clock.now()).toISOString().replace(/[-:.Z]/g, '');
	return `${time}-${randomHex(8)}`;
}

/** Starts a trigger. Throws system errors that occur before the start, such as a full disk. */
export function launchTrigger(
	launch: Launch,
	settings: Settings,
	{ files, clock, user }: LaunchWorld,
): StartedTrigger {
	const { id, name, match, payload, endOf = id } = launch;
	const { config, layout } = settings;
	const further = {
		SIGNALBOX_ROOT: layout.root,
		SIGNALBOX_SIGNAL: name,
		SIGNALBOX_PAYLOAD_FILE: files.writePayload(id, payload),
		...(match.policy.run === 'builtin'
			? { SIGNALBOX_END_FILE: files.endPath(endOf), ...cacheEnvironment() }
			: {}),
	};
	const env = buildEnvironment({ path: config.hooks.path, home: user.home, user: user.name, further });
	const { timeout } = match.policy;
	const command = asUnit(commandOf(match, settings), match, {
		unit: serviceOfRun(match.trigger, id),
		cwd: layout.root,
		env,
		timeout,
	});
	return startTrigger(
		{ command, cwd: layout.root, env, payload, timeout, output: files.openOutput(id, match.policy.output) },
		clock,
	);
}

function commandOf(match: TriggerMatch, { config, configFile, layout }: Settings): Command {
	return match.policy.run === 'builtin'
		? updaterCommand(match.trigger, layout.root, configFile)
		: fileCommand(triggersDirectory(config, layout), match);
}

/** Under systemd, changes run in their own unit, because their hooks stop karen's unit. */
function asUnit(
	command: Command,
	{ policy, trigger }: TriggerMatch,
	needs: Parameters<typeof unitCommand>[1],
): Command {
	const isSystemd = process.geteuid?.() === 0 && systemdRuns();
	return isSystemd && policy.run === 'builtin' && trigger !== 'check' ? unitCommand(command, needs) : command;
}
