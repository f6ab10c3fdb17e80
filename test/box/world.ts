/**
 * What the updater's parts work on, made for one test: real directories, a configuration, a clock that stands
 * still until it is asked to sleep.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pointsOf } from '../../src/engine/change/pipeline.ts';
import { layoutOf } from '../../src/model/base/layout.ts';
import { makeChangeId } from '../../src/model/change/change.ts';
import type { Fact, Journal, Opened } from '../../src/model/change/journal.ts';
import { parseConfig } from '../../src/model/config/config.ts';
import { parseTag, type Tag } from '../../src/model/release/tag.ts';
import { parseVersion, type Version } from '../../src/model/release/version.ts';
import { statusesAccess } from '../../src/privileged/access/statuses-access.ts';
import { StatusesDirectory } from '../../src/privileged/access/statuses-directory.ts';
import type { Releases } from '../../src/privileged/updater/releases/releases.ts';
import { makePublisher } from '../../src/privileged/updater/status/publisher.ts';
import type { ChangeWorld } from '../../src/privileged/updater/world.ts';
import type { Clock } from '../../src/system/clock.ts';
import type { Log } from '../../src/system/log.ts';
import { scratch } from '../scratch.ts';

export const version = (text: string) => parseVersion(text) as Version;
const tag = (text: string) => parseTag(text) as Tag;

export interface TestClock extends Clock {
	/** All sleeps so far, in milliseconds. */
	readonly slept: number[];
}

/** Stands still but for its sleeps, which take no time. */
export function testClock(start = Date.UTC(2026, 10, 21, 9, 30)): TestClock {
	let now = start;
	const slept: number[] = [];
	return {
		slept,
		now: () => now,
		monotonic: () => now,
		async sleep(milliseconds) {
			slept.push(milliseconds);
			now += milliseconds;
		},
	};
}

const QUIET: Log = { info: () => undefined, warn: () => undefined, problem: () => undefined };

const NO_SOURCE: Releases = {
	list: () => Promise.reject(new Error('no source')),
	infoAt: () => Promise.reject(new Error('no source')),
	fetch: () => Promise.reject(new Error('no source')),
	known: () => Promise.reject(new Error('no source')),
	prune: () => Promise.reject(new Error('no source')),
	entries: () => Promise.reject(new Error('no source')),
	read: () => Promise.reject(new Error('no source')),
	verify: () => Promise.reject(new Error('no source')),
	close: () => Promise.resolve(),
};

export function openedFrom(from: string, to: string, further: Partial<Opened> = {}): Opened {
	const change = makeChangeId(Date.UTC(2026, 10, 21, 9, 30), 'abcd');
	const none = { kind: 'update', product: 'citadel', of: null, trust: 'unsigned' } as const;
	return {
		change,
		from: version(from),
		to: version(to),
		tag: tag(`v${to}`),
		goal: tag(`v${to}`),
		...none,
		...further,
	};
}

export interface WorldNeeds {
	/** Tables of the configuration, as the file has them. */
	readonly config?: Record<string, unknown>;
	readonly clock?: Clock;
	readonly opened?: Opened;
	readonly facts?: readonly Fact[];
}

/** Makes a root, a state and a change at work in a new directory. */
export function makeWorld({
	config = {},
	clock = testClock(),
	opened = openedFrom('1.0.0', '1.1.0'),
	facts = [],
}: WorldNeeds = {}): ChangeWorld {
	const dir = scratch();
	const layout = layoutOf(join(dir, 'root'), join(dir, 'state'));
	for (const path of [layout.signals, layout.statuses, layout.state, join(layout.changes, opened.change)])
		mkdirSync(path, { recursive: true });
	writeFileSync(layout.info, `{"version": "${opened.from}", "requires": "*"}`);
	const source = { kind: 'git', url: '/nowhere' };
	const parsed = parseConfig(
		{ product: 'citadel', group: 'signalbox-tests', source, trust: { mode: 'unsigned' }, ...config },
		'the test',
	);
	const access = statusesAccess(parsed);
	const statuses = new StatusesDirectory(layout, access, 'ours');
	const all: readonly Fact[] = [{ event: 'opened', opened }, ...facts];
	const journal: Journal = all.map((fact, index) => ({ ...fact, seq: index + 1, at: clock.now() }));
	return {
		layout,
		config: parsed,
		configFile: join(dir, 'config.toml'),
		clock,
		boot: () => 'a boot of the test',
		source: NO_SOURCE,
		statuses,
		publisher: makePublisher({ layout, statuses, access }, clock, QUIET),
		log: QUIET,
		endFile: undefined,
		opened,
		journal: () => journal,
		points: () => pointsOf(journal),
		dir: join(layout.changes, opened.change),
	};
}
