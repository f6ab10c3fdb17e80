/** What the subcommands of a box have in common: which root, which configuration. */
import * as terminal from '../../terminal/subcommand.ts';

/** The options that every subcommand takes. */
export interface Common extends terminal.Output {
	readonly root: string | undefined;
	readonly config: string | undefined;
}

export type Subcommand<Options> = terminal.Subcommand<Options, Common>;
export type BoundSubcommand = terminal.BoundSubcommand<Common>;

/** Returns what was given of the common options. Throws `usage`. */
export function commonOf(options: Readonly<Record<string, unknown>>, output: terminal.Output['output']): Common {
	const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
	if (text('root') === '') throw terminal.usage('cannot use an empty --root', 'name a directory, or leave the option out');
	if (text('config') === '') throw terminal.usage('cannot use an empty --config', 'name a file, or leave the option out');
	return { root: text('root'), config: text('config'), output };
}
