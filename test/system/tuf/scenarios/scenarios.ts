/** Every scenario: each step changes the repository, and a client visits after each. */

import { DAMAGED } from './damaged.ts';
import { DELEGATED } from './delegations.ts';
import { EXPIRED } from './expired.ts';
import { HONEST } from './honest.ts';
import { MIXED } from './mixed.ts';
import { ROLLED_BACK } from './rolled-back.ts';
import type { Scenario } from './scenario.ts';
import { SIGNATURES } from './signatures.ts';
import { WEAK } from './weak-digests.ts';

export const SCENARIOS: readonly Scenario[] = [
	...HONEST,
	...DELEGATED,
	...SIGNATURES,
	...EXPIRED,
	...ROLLED_BACK,
	...MIXED,
	...DAMAGED,
	...WEAK,
];
