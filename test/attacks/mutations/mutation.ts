/**
 * A mutation shows that the test of a defence is worth something: the test fails when the defence is taken
 * out.
 */
import { declarationsOf, occurrencesOf } from './anchor.ts';

/** A defence, what takes it out, and the test that must notice. */
export interface Mutation {
	/** The number in docs/threat-model.md. */
	readonly threat: number;
	/** What is no longer so without it, as a sentence. */
	readonly defence: string;
	readonly file: string;
	/** The declaration that the defence stands in: `readSignal`, `Store` or `Store.read`. */
	readonly within: string;
	/**
	 * An expression that stands in that declaration exactly once; its white space and trailing commas do not
	 * matter.
	 */
	readonly code: string;
	/** What is put in its place; nothing: it is taken out. */
	readonly instead: string;
	readonly test: string;
	/**
	 * The name of the test, or of a row or group of tests, as it is written there: `%s` and the like stand for
	 * anything.
	 */
	readonly name: string;
	/** The file that the name stands in, where the test takes its rows from another one. */
	readonly namedIn?: string;
}

/** What vitest keeps of a name that it puts into a title (`$name`). */
const KEPT = 39;

/** Returns the name of the mutation's test as vitest tells it. */
export function titleOf({ name, namedIn }: Mutation): string {
	return namedIn === undefined ? name : name.slice(0, KEPT);
}

export type Applied =
	| { readonly kind: 'mutant'; readonly source: string }
	| { readonly kind: 'stale'; readonly why: string };

/** Returns the source without the defence. `stale`: the source is not what the mutation was written for. */
export function applied(source: string, { file, within, code, instead }: Mutation): Applied {
	const declarations = declarationsOf(source, within);
	const [declaration] = declarations;
	if (declaration === undefined || declarations.length > 1)
		return { kind: 'stale', why: `${file} declares ${within} ${countOf(declarations)}` };
	const places = occurrencesOf(source, declaration, code);
	const [place] = places;
	if (place === undefined || places.length > 1)
		return { kind: 'stale', why: `${within} in ${file} holds \`${code}\` ${countOf(places)}` };
	return { kind: 'mutant', source: source.slice(0, place.from) + instead + source.slice(place.to) };
}

function countOf({ length }: readonly unknown[]): string {
	return length === 0 ? 'no longer' : `${length} times`;
}

/** Returns whether the name of the test stands in this text: as a whole one, in quotes. */
export function isNamedIn(text: string, name: string): boolean {
	return [`'${name}'`, `"${name}"`, `\`${name}\``].some((written) => text.includes(written));
}

/** Returns what finds the test among all of its file, by the names of its groups and its own. */
export function patternOf(name: string): string {
	return name
		.split(/%[.\d]*[a-z]/)
		.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
		.join('.*');
}
