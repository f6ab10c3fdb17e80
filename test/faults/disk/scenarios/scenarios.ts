/** All scenarios by their names: what is recorded in one process is judged in others. */
import { journal, ledger } from '../logs.ts';
import type { Scenario } from './scenario.ts';
import { recovery, rollback, update } from './whole-change.ts';
import { brokenWriters, durableReplace } from './writers.ts';

const SCENARIOS: readonly Scenario[] = [
	...brokenWriters,
	durableReplace,
	journal,
	ledger,
	update,
	rollback,
	recovery,
];

export function scenarioCalled(name: string): Scenario {
	const found = SCENARIOS.find((one) => one.name === name);
	if (found === undefined)
		throw new Error(`there is no scenario ${name}: ${SCENARIOS.map((one) => one.name).join(', ')}`);
	return found;
}
