/** The command line: the one file that knows commander. Words in, the subcommand and what was given for it out. */
import { Command, CommanderError, Help } from 'commander';
import { type BoundSubcommand, type Common, usage } from './subcommand.ts';
import type { World } from './world.ts';

export type Asked =
	/** `asked`: --help or --version, which is a result; `needed`: no subcommand was named, which is a mistake. */
	| { readonly kind: 'help'; readonly why: 'asked' | 'needed'; readonly text: string }
	| { readonly kind: 'run'; readonly output: Common['output']; readonly run: (world: World) => Promise<number> };

const EXIT_CODES =
	'Exit codes: 0 done, 1 failed and nothing changed, 2 usage, 3 refused, 4 rolled back, 5 no answer, 6 busy, 7 needs attention.';

/**
 * Reads the words after the program's name. Throws `usage` for an unknown command or option, with a hint.
 * Nothing is written: the caller does.
 */
export function readCommandLine(words: readonly string[], subcommands: readonly BoundSubcommand[], version: string, width = 80): Asked {
	let asked: Asked | undefined;
	let text = '';
	const program = programOf(version, { writeOut: (part) => (text += part), writeErr: (part) => (text += part), width });
	for (const subcommand of subcommands) {
		const command = commandOf(subcommand);
		command.action((...rest: unknown[]) => {
			asked = askedOf(subcommand, command, rest);
		});
		program.addCommand(command.copyInheritedSettings(program));
	}
	try {
		program.parse([...words], { from: 'user' });
	} catch (thrown) {
		if (!(thrown instanceof CommanderError)) throw thrown;
		if (thrown.code === 'commander.helpDisplayed' || thrown.code === 'commander.version') return { kind: 'help', why: 'asked', text };
		if (thrown.code === 'commander.help') return { kind: 'help', why: 'needed', text };
		throw mistake(thrown.message, words, subcommands);
	}
	return asked ?? { kind: 'help', why: 'needed', text: program.helpInformation() };
}

interface Paper {
	readonly writeOut: (text: string) => unknown;
	readonly writeErr: (text: string) => unknown;
	readonly width: number;
}

function programOf(version: string, paper: Paper): Command {
	return new Command('signalbox')
		.description('Keeps a self-hosted box up to date, and whole.')
		.version(version, '-V, --version', 'print the version')
		.helpOption('-h, --help', 'print this help')
		.helpCommand('help [command]', 'print the help of a command')
		.option('--root <dir>', 'the root; default: the nearest parent with info.json and events/')
		.option('--config <file>', 'the configuration; default: the root’s .signalbox/config.toml, else /etc/signalbox/config.toml')
		.option('--json', 'print one JSON object instead of text, errors too')
		.configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
		.configureOutput({
			writeOut: paper.writeOut,
			writeErr: paper.writeErr,
			outputError: () => undefined,
			getOutHelpWidth: () => paper.width,
			getErrHelpWidth: () => paper.width,
			getOutHasColors: () => false,
			getErrHasColors: () => false,
		})
		.addHelpText('after', `\n${wrapped(EXIT_CODES, paper.width)}`)
		.exitOverride();
}

function wrapped(text: string, width: number): string {
	return new Help().boxWrap(text, width);
}

function commandOf(subcommand: BoundSubcommand): Command {
	const { name, summary } = subcommand;
	const command = new Command(name).summary(summary).description(`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`);
	for (const [syntax, what] of subcommand.args) command.argument(syntax, what);
	for (const [syntax, what] of subcommand.options) command.option(syntax, what);
	const lines = subcommand.examples.map(({ line, what }) => `  # ${what}\n  $ ${line}`);
	return command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`);
}

function askedOf(subcommand: BoundSubcommand, command: Command, rest: readonly unknown[]): Asked {
	const options: Record<string, unknown> = command.optsWithGlobals();
	const common = commonOf(options);
	const args = subcommand.args.map((_, index) => (typeof rest[index] === 'string' ? rest[index] : undefined));
	return { kind: 'run', output: common.output, run: subcommand.prepare({ args, options }, common) };
}

function commonOf(options: Readonly<Record<string, unknown>>): Common {
	const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
	if (text('root') === '') throw usage('cannot use an empty --root', 'name a directory, or leave the option out');
	if (text('config') === '') throw usage('cannot use an empty --config', 'name a file, or leave the option out');
	return { root: text('root'), config: text('config'), output: options['json'] === true ? 'json' : 'text' };
}

/** Commander writes "error: unknown command 'x'\n(Did you mean status?)"; its suggestion becomes our hint. */
function mistake(message: string, words: readonly string[], subcommands: readonly BoundSubcommand[]): Error {
	const [said = '', suggestion] = message
		.replace(/^error: /, '')
		.replace(/\.$/, '')
		.split('\n');
	const command = words.find((word) => subcommands.some(({ name }) => name === word));
	const help = command === undefined ? 'signalbox --help lists the commands' : `signalbox ${command} --help lists what it takes`;
	const better = suggestion === undefined ? '' : `${suggestion.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did')} `;
	return usage(`cannot understand the command line: ${said}`, `${better}${help}`);
}
