/** Parses the command line into a subcommand and its options; the only file that imports commander. */
import { Command, CommanderError, Help } from 'commander';
import { type BoundSubcommand, type Output, usage } from './subcommand.ts';
import type { World } from './world.ts';

/** A command with subcommands: the text of its help and the options that all of them take. */
export interface CommandProgram<Common extends Output> {
	/** As it is typed: `signalbox`, `signalbox release`. */
	readonly name: string;
	/** One sentence. */
	readonly description: string;
	/** The options of every subcommand, besides --json. */
	readonly options: readonly (readonly [syntax: string, what: string])[];
	/** In the order of the help. */
	readonly subcommands: readonly BoundSubcommand<Common>[];
	/** The last paragraph of the help. */
	readonly exitCodes: string;
	/** Returns the common options. Throws `usage`. */
	commonOf(options: Readonly<Record<string, unknown>>, output: Output['output']): Common;
}

export type Asked =
	/** `asked`: --help or --version, a result; `needed`: no subcommand was named, an error. */
	| { readonly kind: 'help'; readonly why: 'asked' | 'needed'; readonly text: string }
	| {
			readonly kind: 'run';
			readonly output: Output['output'];
			readonly run: (world: World) => Promise<number>;
	  };

/**
 * Parses the arguments after the program's name. Throws `usage` with a hint for an unknown command or option.
 * Prints nothing; the caller does.
 */
export function readCommandLine<Common extends Output>(
	words: readonly string[],
	program: CommandProgram<Common>,
	version: string,
	width = 80,
): Asked {
	let asked: Asked | undefined;
	let text = '';
	const top = programOf(program, version, {
		writeOut: (part) => (text += part),
		writeErr: (part) => (text += part),
		width,
	});
	for (const subcommand of program.subcommands) {
		const command = commandOf(subcommand);
		command.action((...rest: unknown[]) => {
			asked = askedOf(program, subcommand, command, rest);
		});
		top.addCommand(command.copyInheritedSettings(top));
	}
	try {
		top.parse([...words], { from: 'user' });
	} catch (thrown) {
		if (!(thrown instanceof CommanderError)) throw thrown;
		if (thrown.code === 'commander.helpDisplayed' || thrown.code === 'commander.version')
			return { kind: 'help', why: 'asked', text };
		if (thrown.code === 'commander.help') return { kind: 'help', why: 'needed', text };
		throw mistake(thrown.message, words, program);
	}
	return asked ?? { kind: 'help', why: 'needed', text: top.helpInformation() };
}

interface Paper {
	readonly writeOut: (text: string) => unknown;
	readonly writeErr: (text: string) => unknown;
	readonly width: number;
}

function programOf<Common extends Output>(
	program: CommandProgram<Common>,
	version: string,
	paper: Paper,
): Command {
	const top = new Command(program.name).description(program.description);
	for (const [syntax, what] of program.options) top.option(syntax, what);
	return top
		.version(version, '-V, --version', 'print the version')
		.helpOption('-h, --help', 'print this help')
		.helpCommand('help [command]', 'print the help of a command')
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
		.addHelpText('after', `\n${wrapped(program.exitCodes, paper.width)}`)
		.exitOverride();
}

function wrapped(text: string, width: number): string {
	return new Help().boxWrap(text, width);
}

function commandOf<Common extends Output>(subcommand: BoundSubcommand<Common>): Command {
	const { name, summary } = subcommand;
	const command = new Command(name)
		.summary(summary)
		.description(`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`);
	for (const [syntax, what] of subcommand.args) command.argument(syntax, what);
	for (const [syntax, what] of subcommand.options) command.option(syntax, what);
	const lines = subcommand.examples.map(({ line, what }) => `  # ${what}\n  $ ${line}`);
	return command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`);
}

function askedOf<Common extends Output>(
	program: CommandProgram<Common>,
	subcommand: BoundSubcommand<Common>,
	command: Command,
	rest: readonly unknown[],
): Asked {
	const options: Record<string, unknown> = command.optsWithGlobals();
	const common = program.commonOf(options, options['json'] === true ? 'json' : 'text');
	const args = subcommand.args.map((_, index) => (typeof rest[index] === 'string' ? rest[index] : undefined));
	return { kind: 'run', output: common.output, run: subcommand.prepare({ args, options }, common) };
}

/** commander prints "error: unknown command 'x'\n(Did you mean status?)"; its suggestion becomes the hint. */
function mistake<Common extends Output>(
	message: string,
	words: readonly string[],
	program: CommandProgram<Common>,
): Error {
	const [said = '', suggestion] = message
		.replace(/^error: /, '')
		.replace(/\.$/, '')
		.split('\n');
	const command = words.find((word) => program.subcommands.some(({ name }) => name === word));
	const help =
		command === undefined
			? `${program.name} --help lists the commands`
			: `${program.name} ${command} --help lists its options`;
	const better =
		suggestion === undefined ? '' : `${suggestion.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did')} `;
	return usage(`cannot understand the command line: ${said}`, `${better}${help}`);
}
