/** What all subcommands have in common: the root and the configuration. */
import type { CommandProgram } from '../../terminal/command-line.ts';
import * as terminal from '../../terminal/subcommand.ts';

/** The options that every subcommand takes. */
export interface Common extends terminal.Output {
	readonly root: string | undefined;
	readonly config: string | undefined;
}

export type Subcommand<Options> = terminal.Subcommand<Options, Common>;
export type BoundSubcommand = terminal.BoundSubcommand<Common>;

/** Returns the common options. Throws `usage`. */
function commonOf(options: Readonly<Record<string, unknown>>, output: terminal.Output['output']): Common {
	const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
	if (text('root') === '')
		throw terminal.usage('cannot use an empty --root', 'name a directory, or leave the option out');
	if (text('config') === '')
		throw terminal.usage('cannot use an empty --config', 'name a file, or leave the option out');
	return { root: text('root'), config: text('config'), output };
}

/** The `signalbox` command without its subcommands, which are in two programs: operator and demo. */
export const SIGNALBOX_COMMAND: Omit<CommandProgram<Common>, 'subcommands'> = {
	name: 'signalbox',
	description: 'Keeps a self-hosted machine up to date: updates complete or roll back.',
	options: [
		['--root <dir>', 'the root; default: the nearest parent with info.json and events/'],
		[
			'--config <file>',
			'the configuration; default: the root’s .signalbox/config.toml, else /etc/signalbox/config.toml',
		],
	],
	exitCodes:
		'Exit codes: 0 done, 1 failed, nothing changed, 2 usage, 3 refused, 4 rolled back, 5 no answer, 6 busy, 7 needs attention.',
	commonOf,
};
