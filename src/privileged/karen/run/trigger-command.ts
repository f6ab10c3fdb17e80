/** Builds the commands of triggers. */
import { join } from 'node:path';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import { nodeProgram, programPath } from '../../../system/process/program.ts';

/** A program with its arguments, started without a shell. */
export interface Command {
	readonly program: string;
	readonly args: readonly string[];
}

/** Returns the command of a trigger that is a file. */
export function fileCommand(directory: string, { trigger, argument }: TriggerMatch): Command {
	return { program: join(directory, trigger), args: argument === undefined ? [] : [argument] };
}

/** Returns the command line of an updater command. */
export function updaterCommand(command: string, root: string, configFile: string): Command {
	return {
		program: nodeProgram,
		args: [programPath('updater'), command, '--root', root, '--config', configFile],
	};
}

export interface UnitNeeds {
	/** Name of the transient unit: unique and valid. */
	readonly unit: string;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Milliseconds. */
	readonly timeout: number;
}

/**
 * Returns a command that runs `command` in its own systemd unit and exits with its code. An update must
 * outlive karen's unit, which its hooks stop. Processes that a hook leaves running (the new karen) outlive
 * the unit too.
 */
export function unitCommand(command: Command, { unit, cwd, env, timeout }: UnitNeeds): Command {
	const properties = [
		'KillMode=process',
		`RuntimeMaxSec=${Math.ceil(timeout / 1000)}`,
		`WorkingDirectory=${cwd}`,
	];
	return {
		program: '/usr/bin/systemd-run',
		args: [
			...['--quiet', '--collect', '--wait', '--pipe', '--service-type=exec', `--unit=${unit}`],
			...properties.flatMap((property) => ['-p', property]),
			...Object.entries(env).map(([key, value]) => `--setenv=${key}=${value}`),
			'--',
			...[command.program, ...command.args].map(literal),
		],
	};
}

/** systemd expands `$NAME` in a unit's command; two dollars mean one. */
function literal(text: string): string {
	return text.replaceAll('$', '$$$$');
}
