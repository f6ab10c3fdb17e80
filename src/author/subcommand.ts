/** Options shared by the subcommands of `signalbox release`: where the repository and the draft are. */
import { resolve } from 'node:path';
import { parseSpan } from '../model/base/units.ts';
import * as terminal from '../terminal/subcommand.ts';
import type { World } from '../terminal/world.ts';
import { parseBranch } from './repository/git-branch.ts';

/** The options of every subcommand. */
export interface Common extends terminal.Output {
	readonly repository: string;
	/** Undefined: beside the repository. */
	readonly draft: string | undefined;
}

export type Subcommand<Options> = terminal.Subcommand<Options, Common>;

/** Parses the shared options. Throws `usage`. */
export function commonOf(
	options: Readonly<Record<string, unknown>>,
	output: terminal.Output['output'],
): Common {
	const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
	for (const name of ['repository', 'draft'])
		if (text(name) === '')
			throw terminal.usage(`cannot use an empty --${name}`, 'name a directory, or leave the option out');
	return { repository: text('repository') ?? 'published', draft: text('draft'), output };
}

/** A git branch that also carries the repository; undefined: none. */
export interface Transport {
	readonly branch: string;
	readonly repository: string;
}

/** Parses --git and --git-repository. Throws `usage`. */
export function transportOf(given: terminal.Given): Transport | undefined {
	const branch = terminal.textOf(given, 'git');
	return branch === undefined
		? undefined
		: { branch: parseBranch(branch), repository: terminal.textOf(given, 'gitRepository') ?? '.' };
}

/** The two options that transportOf reads. */
export const TRANSPORT_OPTIONS: readonly (readonly [string, string])[] = [
	['--git <branch>', 'commit what is published, without files/, on this branch of a git repository'],
	['--git-repository <dir>', 'the git repository with that branch; default: this directory'],
];

export interface Places {
	readonly repository: string;
	readonly draft: string;
}

/** Returns the absolute paths of the repository and the draft. */
export function placesOf({ repository, draft }: Common, { cwd }: Pick<World, 'cwd'>): Places {
	const published = resolve(cwd, repository);
	return { repository: published, draft: draft === undefined ? `${published}.draft` : resolve(cwd, draft) };
}

/** Parses a duration option into milliseconds. Throws `usage`. */
export function spanOf(given: terminal.Given, name: string, otherwise: string): number {
	const written = terminal.textOf(given, name) ?? otherwise;
	const span = parseSpan(written);
	if (span === undefined || span <= 0)
		throw terminal.usage(
			`cannot use ${JSON.stringify(written)} as --${name}`,
			'write a span such as 30d or 12h',
		);
	return span;
}

/** Parses an optional positive number; undefined if it was not given. Throws `usage`. */
export function countOf(given: terminal.Given, name: string, option: string): number | undefined {
	const written = terminal.textOf(given, name);
	if (written === undefined) return undefined;
	if (/^[1-9][0-9]?$/.test(written)) return Number(written);
	throw terminal.usage(`cannot use ${JSON.stringify(written)} as ${option}`, 'give a number from 1 to 99');
}

/** Returns the current time plus a duration in whole seconds, as TUF writes times. */
export function expiryAfter(span: number, { clock }: Pick<World, 'clock'>): number {
	return Math.floor((clock.now() + span) / 1000) * 1000;
}
