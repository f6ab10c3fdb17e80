/** What shows that a test of a defence is worth something: it fails when the defence is taken out. */

/** A defence, what takes it out, and the test that must notice. */
export interface Mutation {
	/** The number in docs/threat-model.md. */
	readonly threat: number;
	/** What is no longer so without it, as a sentence. */
	readonly defence: string;
	readonly file: string;
	/** A text that stands in the file exactly once. */
	readonly line: string;
	/** What is put in its place; nothing: it is taken out. */
	readonly instead: string;
	readonly test: string;
	/** The name of the test, or of a row or group of tests, as it is written there: `%s` and the like stand for anything. */
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
export function applied(source: string, { line, instead }: Mutation): Applied {
	const times = source.split(line).length - 1;
	if (times !== 1)
		return { kind: 'stale', why: times === 0 ? 'its line is not there' : `its line is there ${times} times` };
	return { kind: 'mutant', source: source.replace(line, () => instead) };
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
