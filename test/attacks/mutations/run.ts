/**
 * npm run mutations -- [THREAT… | table] Takes each defence out, in a copy of the checkout, and runs the test
 * that must notice; without arguments all of them, and the table in the suite's README is written. `table`:
 * that alone. Exits with 1 when one was not noticed, 2 for wrong arguments.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkout, copyCheckout, type RunEnd } from './checkout.ts';
import { type Verdict, verdictOn } from './judge.ts';
import { applied, type Mutation, titleOf } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';
import { withTable } from './page.ts';

const PAGE = join(import.meta.dirname, '../README.md');

const asked = process.argv.slice(2);
const wanted =
	asked.length === 0 ? MUTATIONS : MUTATIONS.filter(({ threat }) => asked.includes(String(threat)));
if (asked.length === 0 || asked[0] === 'table') writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));
if (asked[0] === 'table') process.exitCode = 0;
else if (wanted.length === 0) {
	process.stderr.write('give numbers of threats, `table`, or nothing\n');
	process.exitCode = 2;
} else process.exitCode = await runAll(wanted);

/** Runs one after the other and returns the exit code. */
async function runAll(mutations: readonly Mutation[]): Promise<0 | 1> {
	const checkout = copyCheckout();
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		process.once(signal, () => {
			checkout.remove();
			process.exit(1);
		});
	let survived = 0;
	try {
		const unchanged = await runUnchanged(checkout, mutations);
		for (const mutation of mutations) {
			const began = performance.now();
			const verdict = await tryOne(
				checkout,
				mutation,
				unchanged.get(mutation.test) ?? { kind: 'ran', tests: [] },
			);
			if (verdict.kind === 'survived') survived += 1;
			process.stdout.write(
				`${lineOf(mutation, verdict)} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`,
			);
		}
	} finally {
		checkout.remove();
	}
	process.stdout.write(`${mutations.length - survived} caught, ${survived} survived\n`);
	return survived === 0 ? 0 : 1;
}

/** Each file of tests once, with all the tests that are needed of it. */
async function runUnchanged(
	checkout: Checkout,
	mutations: readonly Mutation[],
): Promise<ReadonlyMap<string, RunEnd>> {
	const names = Map.groupBy(mutations, ({ test }) => test);
	const ends = new Map<string, RunEnd>();
	for (const [test, of] of names) {
		process.stdout.write(`unchanged: ${test}\n`);
		ends.set(test, await checkout.run(test, [...new Set(of.map(titleOf))]));
	}
	return ends;
}

async function tryOne(checkout: Checkout, mutation: Mutation, unchanged: RunEnd): Promise<Verdict> {
	const source = checkout.read(mutation.file);
	const mutant = applied(source, mutation);
	if (mutant.kind === 'stale') return { kind: 'survived', why: mutant.why };
	try {
		checkout.write(mutation.file, mutant.source);
		return verdictOn(titleOf(mutation), unchanged, await checkout.run(mutation.test, [titleOf(mutation)]));
	} finally {
		checkout.write(mutation.file, source);
	}
}

function lineOf({ threat, defence, file }: Mutation, verdict: Verdict): string {
	const end = verdict.kind === 'caught' ? 'caught' : `SURVIVED: ${verdict.why}`;
	return `${String(threat).padStart(2)}  ${defence} (${file}): ${end}`;
}
