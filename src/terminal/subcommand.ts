/** What a subcommand is: its words, a `parse` that only reads them, and a `run` that only acts. */
import { type Problem, problem } from '../model/base/error.ts';
import type { World } from './world.ts';

/** What the command line held, before the subcommand reads it. */
export interface Given {
	/** In the order of `Subcommand.args`; undefined where none was given. */
	readonly args: readonly (string | undefined)[];
	/** By long name in camel case. */
	readonly options: Readonly<Record<string, unknown>>;
}

/** How results are printed: every subcommand of every program takes `--json`. */
export interface Output {
	/** `json`: one JSON object on stdout, errors too. */
	readonly output: 'text' | 'json';
}

export interface Example {
	readonly line: string;
	readonly what: string;
}

/** `Common`: the options that every subcommand of the program takes. */
export interface Subcommand<Options, Common extends Output> {
	readonly name: string;
	/** One clause without a dot, as it stands in the list of commands. */
	readonly summary: string;
	/** `<NAME>` or `[NAME]` each, with what it is. */
	readonly args: readonly (readonly [syntax: string, what: string])[];
	readonly options: readonly (readonly [syntax: string, what: string])[];
	readonly examples: readonly [Example, Example, ...Example[]];
	/** Returns what `run` needs. Throws `usage`. */
	parse(given: Given, common: Common): Options;
	/** Acts, and returns the exit code. Throws the error that ends the command. */
	run(options: Options, world: World): Promise<number>;
}

/** A subcommand whose options only it knows. */
export interface BoundSubcommand<Common extends Output>
	extends Omit<Subcommand<unknown, Common>, 'parse' | 'run'> {
	/** Reads the words at once, and returns what runs the subcommand. */
	prepare(given: Given, common: Common): (world: World) => Promise<number>;
}

/** Ties `parse` and `run` together, so that subcommands of different options fit into one list. */
export function bind<Options, Common extends Output>(
	subcommand: Subcommand<Options, Common>,
): BoundSubcommand<Common> {
	const { parse, run, ...words } = subcommand;
	return {
		...words,
		prepare(given, common) {
			const options = parse(given, common);
			return (world) => run(options, world);
		},
	};
}

/** Returns the text of an option, or undefined when it was not given. */
export function textOf(given: Given, name: string): string | undefined {
	const value = given.options[name];
	return typeof value === 'string' ? value : undefined;
}

/** Returns the texts of an option that may stand several times, in their order; none when it was not given. */
export function textsOf(given: Given, name: string): readonly string[] {
	const value = given.options[name];
	return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** Returns whether an option without a value was given. */
export function isGiven(given: Given, name: string): 'yes' | 'no' {
	return given.options[name] === true ? 'yes' : 'no';
}

/** Returns the error for words that make no sense; the hint names the help that says what does. */
export function usage(message: string, hint: string): Problem {
	return problem('usage', message, hint);
}
