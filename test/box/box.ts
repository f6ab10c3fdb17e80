/**
 * A box for tests: a root with an installed release, a source to publish more in, and the real programs to
 * run on it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Layout, layoutOf } from '../../src/model/base/layout.ts';
import type { ChangeStatus, History } from '../../src/model/change/change.ts';
import { decodeJournal, type Journal } from '../../src/model/change/journal.ts';
import { takeLock } from '../../src/system/files/lock.ts';
import { builtProgram } from '../programs.ts';
import { type Recording, recordRun } from './cuts/recording.ts';
import { fingerprintOf } from './fingerprint.ts';
import { endProcessesOf, processesOf } from './processes.ts';
import { type CitadelRelease, citadelRelease } from './releases/citadel.ts';
import { FETCHER } from './sources/fetcher.ts';
import { makeSource, type Source, sourceAt, writeFiles } from './sources/source.ts';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** A program of ours that is stuck fails its test by this limit, in milliseconds. */
const PROGRAM_LIMIT = 100_000;

export interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface Running {
	readonly child: ChildProcess;
	readonly ended: Promise<Ended>;
}

/**
 * Where a program of ours is killed: before it writes a text, or when what holds it is on disk (`syncs` of
 * its, 1 by default).
 */
export type Death = { readonly before: string } | { readonly after: string; readonly syncs?: number };

function environmentOf(death: Death): Readonly<Record<string, string>> {
	return 'before' in death
		? { DIE_BEFORE: death.before }
		: { DIE_AFTER: death.after, DIE_SYNCS: String(death.syncs ?? 1) };
}

export interface BoxPlace {
	/** Where the box is made; default: a new directory in the system's place for temporary ones. */
	readonly dir?: string;
	/** Root's own directory; default: beside the root. */
	readonly state?: string;
}

/** What may stand in the source's table. */
export interface SourceTable {
	readonly kind?: 'git' | 'publisher' | 'directory';
	readonly url?: string;
	readonly channel?: string;
	readonly timeout?: string;
	readonly probe?: boolean;
	readonly probe_deadline?: string;
}

export interface Box {
	readonly dir: string;
	readonly root: string;
	readonly state: string;
	readonly layout: Layout;
	readonly config: string;
	readonly source: Source;
	publish(release: CitadelRelease, ...tags: readonly string[]): void;
	/** Runs the updater as karen does. */
	updater(verb: string, payload?: string | Uint8Array): Promise<Ended>;
	startUpdater(verb: string, payload?: string | Uint8Array): Running;
	/** Runs the updater up to this point; there it is killed. */
	killUpdater(death: Death, verb?: string): Promise<void>;
	/**
	 * Runs the updater to its end; what a kill would have left at each of these points (`Death.after`) is kept
	 * for `rewind`.
	 */
	record(points: readonly string[], verb?: string): Promise<Recording<Ended>>;
	/** Puts tables at the end of the configuration; those of an earlier call go. */
	configure(lines: string): void;
	/** Takes another source, or another word of the source's table. */
	sourceIs(table: SourceTable): void;
	/** `lines`: what else stands in the table of trust. */
	trustIs(mode: string, lines?: string): void;
	version(): string;
	change(): ChangeStatus;
	legacyStatus(): Record<string, unknown>;
	writeStatus(text: string): void;
	history(): History['changes'];
	/** The journal of the newest change. */
	journal(): Journal;
	/** The codes of the errors in the log. */
	loggedCodes(): readonly string[];
	/** The tree below the root, `statuses` left out, which are ours. */
	fingerprint(): readonly string[];
	/** What no ended change may leave behind: staging, marks, locks, temporary files, processes. */
	leftovers(): readonly string[];
	remove(): Promise<void>;
}

/** Makes a box for one test: it is gone, with all its processes, when the test has ended. */
export function boxForTest(installed: CitadelRelease, place: BoxPlace = {}): Box {
	const box = makeBox(installed, place);
	onTestFinished(() => box.remove());
	return box;
}

/** Makes a box with this release installed and the user's data beside it. The caller removes it. */
export function makeBox(installed: CitadelRelease, place: BoxPlace = {}): Box {
	const dir = place.dir ?? realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-story-')));
	openToFetcher(dir);
	makeSource(join(dir, 'source'));
	const box = boxAt(dir, place);
	box.configure('');
	box.publish(installed);
	writeFiles(box.root, citadelRelease(installed));
	furnish(box.root, installed.version);
	return box;
}

/** The fetcher must come to the source and to the store. */
function openToFetcher(dir: string): void {
	mkdirSync(dir, { recursive: true });
	chmodSync(dir, 0o711);
}

/**
 * Makes a box for one test that is what this one is: no change may be open, which would know the place of its
 * own.
 */
export function copyForTest(box: Box): Box {
	const copy = copyBox(box);
	onTestFinished(() => copy.remove());
	return copy;
}

/**
 * Makes a copy of a box without an open change, its configuration back to the usual one. The caller
 * removes it.
 */
export function copyBox(box: Box): Box {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-story-')));
	openToFetcher(dir);
	execFileSync('cp', ['--archive', '--', box.root, box.state, box.source.dir, dir]);
	const copy = boxAt(dir);
	copy.configure('');
	return copy;
}

/** Returns the box that was made in `dir`, by this process or another one. */
export function boxAt(dir: string, place: Pick<BoxPlace, 'state'> = {}): Box {
	const root = join(dir, 'root');
	const source = sourceAt(join(dir, 'source'));
	const config = join(dir, 'config.toml');
	const layout = layoutOf(root, place.state ?? join(dir, 'state'));
	// The probe of the source is another updater for each update: it is on where it is what is tried, and in
	// the sweeps of faults.
	const sourceTable: SourceTable = { kind: 'git', url: `file://${source.dir}`, probe: false };
	const settings = { source: sourceTable, trust: 'mode = "unsigned"', lines: '' };
	const writeConfig = () => writeFileSync(config, configText(layout.state, settings));

	const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
	const updaterArguments = (verb: string) => [
		builtProgram('updater'),
		verb,
		'--root',
		root,
		'--config',
		config,
	];
	const startUpdater = (verb: string, payload: string | Uint8Array = '') =>
		startProgram(updaterArguments(verb), payload);
	const killUpdater = async (death: Death, verb = 'update') => {
		const args = ['--import', join(REPOSITORY, 'test/box/cuts/die.ts'), ...updaterArguments(verb)];
		const { child, ended } = startProgram(args, '', environmentOf(death));
		await ended;
		if (child.signalCode !== 'SIGKILL')
			throw new Error(`the updater ended with ${child.exitCode}, never at ${JSON.stringify(death)}`);
	};
	const record = (points: readonly string[], verb = 'update') =>
		recordRun(
			dir,
			layout,
			points,
			(preload, environment) =>
				startProgram(['--import', preload, ...updaterArguments(verb)], '', environment).ended,
		);
	return {
		dir,
		root,
		state: layout.state,
		layout,
		config,
		source,
		publish: (release, ...tags) =>
			source.publish({
				tags: tags.length === 0 ? [`v${release.version}`] : tags,
				files: citadelRelease(release),
			}),
		updater: (verb, payload) => startUpdater(verb, payload).ended,
		startUpdater,
		killUpdater,
		record,
		configure(lines) {
			settings.lines = lines;
			writeConfig();
		},
		sourceIs(table) {
			Object.assign(settings.source, table);
			writeConfig();
		},
		trustIs(mode, lines = '') {
			settings.trust = `mode = ${JSON.stringify(mode)}\n${lines}`;
			writeConfig();
		},
		version: () => readJson(layout.info).version,
		change: () => readJson(layout.changeStatus),
		legacyStatus: () => readJson(layout.updateStatus),
		writeStatus: (text) => writeFileSync(layout.updateStatus, text),
		history: () => readJson(layout.history).changes,
		journal: () => journalIn(layout),
		loggedCodes: () => loggedCodes(layout.log),
		fingerprint: () => fingerprintOf(root, ['statuses']),
		leftovers: () => leftoversOf(dir, layout),
		async remove() {
			await endProcessesOf(dir);
			// Who was killed a moment ago may still have made a file.
			rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
		},
	};
}

function configText(
	state: string,
	settings: { readonly source: SourceTable; readonly trust: string; readonly lines: string },
): string {
	const source = Object.entries(settings.source).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
	const head = `product = "citadel"\nstate = "${state}"\ngroup = "signalbox-tests"\n`;
	return `${head}[source]\n${source.join('')}[trust]\n${settings.trust}\n[fetcher]\nuser = ${FETCHER.uid}\n${settings.lines}\n`;
}

/** What a box has that no release brought. */
function furnish(root: string, version: string): void {
	for (const path of ['events/signals', 'statuses/signals', 'logs', 'db', 'app-data/shop'])
		mkdirSync(join(root, path), { recursive: true });
	writeFileSync(
		join(root, 'statuses/update-status.json'),
		'{"state": "success", "progress": 100, "description": "", "updateTo": ""}\n',
	);
	writeFileSync(join(root, 'db/user.json'), '{"name": "satoshi", "seed": "twelve words"}\n', { mode: 0o600 });
	writeFileSync(join(root, 'app-data/shop/orders'), 'order 1\n');
	writeFileSync(join(root, '.env'), 'SECRET=1\n', { mode: 0o600 });
	writeFileSync(join(root, 'logs/service.running'), `service of ${version}\n`);
}

/**
 * Starts a program of this repository in a process group of its own. `args` are Node's, the program's file
 * among them.
 */
export function startProgram(
	args: readonly string[],
	input: string | Uint8Array,
	env: Readonly<Record<string, string>> = {},
): Running {
	const child = spawn(process.execPath, [...args], {
		cwd: REPOSITORY,
		env: { ...process.env, ...env },
		stdio: ['pipe', 'pipe', 'pipe'],
		detached: true,
	});
	child.stdin.on('error', () => undefined);
	child.stdin.end(input);
	return { child, ended: collect(child) };
}

function collect(child: ChildProcess): Promise<Ended> {
	let stdout = '';
	let stderr = '';
	child.stdout?.on('data', (piece) => (stdout += piece));
	child.stderr?.on('data', (piece) => (stderr += piece));
	return new Promise((done, reject) => {
		const timer = setTimeout(() => {
			child.kill('SIGKILL');
			reject(new Error(`a program did not end: ${child.spawnargs.join(' ')}\n${stderr}`));
		}, PROGRAM_LIMIT);
		child.once('error', reject);
		const end = () => {
			clearTimeout(timer);
			done({ code: child.exitCode, stdout, stderr });
		};
		child.once('close', end);
		// What a killed updater leaves running may hold its output open.
		child.once('exit', () => setTimeout(end, 500).unref());
	});
}

function journalIn(layout: Layout): Journal {
	const newest = readdirSync(layout.changes)
		.filter((name) => /^\d{8}-/.test(name))
		.sort()
		.at(-1);
	const decoded = decodeJournal(readFileSync(join(layout.changes, newest ?? '', 'journal')));
	if (decoded.kind === 'damaged') throw new Error(`the journal is damaged in line ${decoded.line}`);
	return decoded.entries;
}

function loggedCodes(log: string): readonly string[] {
	const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
	return lines.flatMap((line) => JSON.parse(line).code ?? []);
}

function leftoversOf(dir: string, layout: Layout): readonly string[] {
	const hidden = readdirSync(layout.root).filter((name) => /^\.citadel-|-backup$|^\.signalbox/.test(name));
	const temporary = readdirSync(layout.statuses).filter(
		(name) => name.endsWith('.tmp') || name === 'update-in-progress',
	);
	const open = existsSync(layout.currentChange) ? ['changes/current'] : [];
	const locks = [layout.updateLock, layout.storeLock].filter((path) => existsSync(path) && isHeld(path));
	const store = existsSync(layout.store)
		? readdirSync(layout.store, { recursive: true, encoding: 'utf8' })
		: [];
	const rubbish = store.filter((name) => name.endsWith('.lock') || /(^|\/)tmp_/.test(name));
	const running = processesOf(dir).map(({ pid, command }) => `process ${pid}: ${command}`);
	return [...hidden, ...temporary, ...open, ...locks, ...rubbish, ...running];
}

function isHeld(path: string): boolean {
	const taken = takeLock(path, 0);
	if (taken.kind === 'held') taken.lock.release();
	return taken.kind === 'busy';
}
