/**
 * The three tiers of tests, by file name alone: `npm run test:unit` runs the rooms without effects,
 * `npm test` everything but `*.long.test.ts`, `npm run test:all` everything.
 */

interface Tier {
	readonly include: readonly string[];
	readonly exclude: readonly string[];
}

const EVERY = 'test/**/*.test.ts';
const LONG = 'test/**/*.long{,.root}.test.ts';
/** They start no process, and write no file but temporary ones. */
const UNIT = 'test/{model,trust,engine,architecture}/**/*.test.ts';

export const TIERS = {
	unit: { include: [UNIT], exclude: [LONG] },
	system: { include: [EVERY], exclude: [UNIT, LONG] },
	long: { include: [LONG], exclude: [] },
} satisfies Record<string, Tier>;
