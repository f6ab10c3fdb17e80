/** What is executed for a trigger. Pure. */
import { join } from 'node:path';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import { nodeProgram, programPath } from '../../../system/process/program.ts';

/** A program with its arguments; no shell in between. */
export interface Command {
	readonly program: string;
	readonly args: readonly string[];
}

/** Returns the command of a trigger that is a file. */
export function fileCommand(directory: string, { trigger, argument }: TriggerMatch): Command {
	return { program: join(directory, trigger), args: argument === undefined ? [] : [argument] };
}

/** Returns the command of the updater for one of its verbs. */
export function updaterCommand(verb: string, root: string, configFile: string): Command {
	return {
		program: nodeProgram,
		args: [programPath('updater'), verb, '--root', root, '--config', configFile],
	};
}

export interface UnitNeeds {
	/** Of the transient unit: unique, and a legal name of one. */
	readonly unit: string;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Milliseconds. */
	readonly timeout: number;
}

/**
 * Returns the command that runs `command` as a unit of its own under systemd, and ends with its exit code: an update must
 * outlive karen's unit, which its own hooks stop. What a hook leaves running (the new karen) outlives the unit too.
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
