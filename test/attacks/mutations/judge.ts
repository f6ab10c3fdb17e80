/** Whether a mutation was noticed, by what its test said with the defence and without it. */
import type { RunEnd } from './checkout.ts';
import { patternOf } from './mutation.ts';

export type Verdict =
	/** The test passes with the defence and fails without it. */
	{ readonly kind: 'caught' } | { readonly kind: 'survived'; readonly why: string };

/** What a program says that could not even begin: that proves nothing about the defence. */
const BROKEN =
	/ReferenceError|SyntaxError: (?!.*JSON)|ERR_MODULE_NOT_FOUND|ERR_INVALID_TYPESCRIPT_SYNTAX|ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX/;

/**
 * Returns the verdict over a test of this name: `unchanged` is how its file ended with the defence, `mutated`
 * without it.
 */
export function verdictOn(name: string, unchanged: RunEnd, mutated: RunEnd): Verdict {
	const survived = (why: string): Verdict => ({ kind: 'survived', why });
	const before = testsNamed(name, unchanged);
	if (before.length === 0) return survived('no test of that name ran');
	if (before.some(({ passed }) => !passed)) return survived('the test fails with the defence too');
	switch (mutated.kind) {
		case 'too-long':
			return { kind: 'caught' };
		case 'not-loaded':
			return survived('the test could not be loaded without it');
		case 'ran': {
			const failed = testsNamed(name, mutated).filter(({ passed }) => !passed);
			if (failed.length === 0) return survived('the test passes without it');
			return failed.every(({ said }) => BROKEN.test(said))
				? survived('without it the program cannot begin')
				: { kind: 'caught' };
		}
	}
}

function testsNamed(name: string, end: RunEnd) {
	const pattern = new RegExp(patternOf(name));
	return end.kind === 'ran' ? end.tests.filter((test) => pattern.test(test.name)) : [];
}
