/** A subcommand: its arguments and options, a `parse` that only reads them, and a `run` that only acts. */
import { type Problem, problem } from '../model/base/error.ts';
import type { World } from './world.ts';

/** The arguments and options as given, before the subcommand parses them. */
export interface Given {
	/** In the order of `Subcommand.args`; undefined where none was given. */
	readonly args: readonly (string | undefined)[];
	/** By long name in camel case. */
	readonly options: Readonly<Record<string, unknown>>;
}

/** How results are printed: every subcommand of every program accepts `--json`. */
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
	/** One clause without a full stop, for the list of commands. */
	readonly summary: string;
	/** Pairs of `<NAME>` or `[NAME]` and a description. */
	readonly args: readonly (readonly [syntax: string, what: string])[];
	readonly options: readonly (readonly [syntax: string, what: string])[];
	readonly examples: readonly [Example, Example, ...Example[]];
	/** Returns what `run` needs. Throws `usage`. */
	parse(given: Given, common: Common): Options;
	/** Acts, and returns the exit code. Throws the error that ends the command. */
	run(options: Options, world: World): Promise<number>;
}

/** A subcommand whose type of options is hidden. */
export interface BoundSubcommand<Common extends Output>
	extends Omit<Subcommand<unknown, Common>, 'parse' | 'run'> {
	/** Parses the arguments at once, and returns a function that runs the subcommand. */
	prepare(given: Given, common: Common): (world: World) => Promise<number>;
}

/** Ties `parse` and `run` together, so that subcommands with different options fit into one list. */
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

/** Returns the texts of an option that may be repeated, in order; empty when it was not given. */
export function textsOf(given: Given, name: string): readonly string[] {
	const value = given.options[name];
	return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** Returns whether an option without a value was given. */
export function isGiven(given: Given, name: string): 'yes' | 'no' {
	return given.options[name] === true ? 'yes' : 'no';
}

/** Returns the error for unusable arguments. */
export function usage(message: string, hint: string): Problem {
	return problem('usage', message, hint);
}
