/** A box that is broken again and again: its root and state are kept once and put back before each trial. */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Box, makeBox, REPOSITORY } from '../box/box.ts';
import { builtProgram } from '../programs.ts';
import { type CountedEnd, type CountedRun, compileKillat, type Fault, runCounted } from './killat/killat.ts';
import { FAILING, NEW, NEXT, OLD } from './releases.ts';

/**
 * Seconds after which a program of ours is called stuck: more than two rsyncs may go on after an error
 * (system/files/rsync.ts).
 */
const LIMIT = 180;

export interface Lane {
	readonly box: Box;
	/** Keeps root and state as they are now, under a name. As they were made they are kept as `first`. */
	keep(name: string): void;
	/** Puts root and state back as they were kept. */
	putBack(name: string): void;
	/** Runs the updater as karen does, in a namespace of its own. */
	updater(verb: string, payload: string, fault?: Fault): Promise<CountedEnd>;
	/**
	 * Does what karen does when she starts: has what an updater left unfinished finished. Undefined: nothing
	 * was.
	 */
	recover(fault?: Fault): Promise<CountedEnd | undefined>;
}

/** Makes lanes, hands them to `work`, and removes them whatever becomes of it. */
export async function withLanes<T>(count: number, work: (lanes: readonly Lane[]) => Promise<T>): Promise<T> {
	// Nothing is to survive a power cut here: what is killed has been written as far as any reader can tell.
	const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
	const dir = realpathSync(mkdtempSync(join(place, 'signalbox-faults-')));
	// The fetcher passes through it to the boxes.
	chmodSync(dir, 0o711);
	// An interrupted sweep must not leave its memory in use.
	const leave = () => {
		rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
		process.exit(1);
	};
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
	try {
		const killat = compileKillat(dir);
		return await work(
			Array.from({ length: count }, (_, index) => makeLane(killat, join(dir, `lane-${index + 1}`))),
		);
	} finally {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
		rmSync(dir, { recursive: true, force: true });
	}
}

function makeLane(killat: string, dir: string): Lane {
	mkdirSync(dir);
	const box = makeBox(OLD, { dir: join(dir, 'box') });
	furnishMore(box.root);
	box.configure('[hooks]\npause = "200ms"');
	// On a disk that stays full the probe of the source is tried until its time is up.
	box.sourceIs({ probe: true, probe_deadline: '20s' });
	for (const release of [NEW, FAILING, NEXT]) box.publish(release);
	const kept = (name: string) => join(dir, 'kept', name);
	const copy = (from: string, to: string) => {
		rmSync(to, { recursive: true, force: true });
		mkdirSync(to, { recursive: true });
		for (const name of ['root', 'state'])
			if (existsSync(join(from, name))) execFileSync('cp', ['-a', join(from, name), to]);
	};
	const updater: Lane['updater'] = (verb, payload, fault) =>
		runCounted(killat, {
			...common(dir, box),
			command: [process.execPath, builtProgram('updater'), verb, '--root', box.root, '--config', box.config],
			input: payload,
			...(fault === undefined ? {} : { fault }),
		});
	copy(box.dir, kept('first'));
	return {
		box,
		keep: (name) => copy(box.dir, kept(name)),
		putBack(name) {
			for (const path of [box.root, box.state]) rmSync(path, { recursive: true, force: true });
			for (const path of ['root', 'state'])
				if (existsSync(join(kept(name), path))) execFileSync('cp', ['-a', join(kept(name), path), box.dir]);
		},
		updater,
		async recover(fault) {
			return isUnfinished(box) ? await updater('resume', '', fault) : undefined;
		},
	};
}

function common(
	dir: string,
	{ root, state }: Box,
): Pick<CountedRun, 'cwd' | 'env' | 'below' | 'log' | 'limit'> {
	const { PATH = '' } = process.env;
	const cache = process.env['NODE_COMPILE_CACHE'] ?? join(REPOSITORY, 'node_modules/.cache/compile');
	return {
		cwd: REPOSITORY,
		env: { PATH, NODE_COMPILE_CACHE: cache },
		below: [root, state],
		log: join(dir, 'run'),
		limit: LIMIT,
	};
}

/** What a careless copy loses: owners, modes, hard links, links, odd names, empty directories. */
function furnishMore(root: string): void {
	writeFileSync(join(root, 'db/ledger'), 'block 1\nblock 2\n');
	linkSync(join(root, 'db/ledger'), join(root, 'db/ledger.copy'));
	chownSync(join(root, 'db/ledger'), 1000, 1000);
	chmodSync(join(root, 'db/ledger'), 0o640);
	symlinkSync('../db/ledger', join(root, 'app-data/ledger'));
	writeFileSync(join(root, 'app-data/a name\nof two lines'), 'odd');
	mkdirSync(join(root, 'app-data/shared'));
	chownSync(join(root, 'app-data/shared'), 1000, 33);
	chmodSync(join(root, 'app-data/shared'), 0o2775);
	// Of the release: both names belong to one file, which the next release replaces.
	rmSync(join(root, 'bin/again'));
	linkSync(join(root, 'bin/tool'), join(root, 'bin/again'));
	chownSync(join(root, 'service.txt'), 1000, 1000);
}

/** What karen looks for (karen/resumption.ts): an open change, or the mark of an updater at work. */
function isUnfinished({ layout }: Box): boolean {
	return existsSync(layout.currentChange) || existsSync(layout.inProgressMarker);
}
