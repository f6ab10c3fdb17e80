/** A box for tests: a root with an installed release, a source to publish more in, and the real programs to run on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { ChangeStatus, History } from '../../src/model/change.ts';
import { type CitadelRelease, citadelRelease } from './citadel.ts';
import { makeSource, type Source, writeFiles } from './source.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

/** A program of ours that is stuck fails its test by this limit, in milliseconds. */
const PROGRAM_LIMIT = 60_000;

export interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface Box {
	readonly dir: string;
	readonly root: string;
	readonly state: string;
	readonly config: string;
	readonly source: Source;
	publish(release: CitadelRelease, ...tags: readonly string[]): void;
	/** Runs the updater as karen does. */
	updater(verb: string, payload?: string): Promise<Ended>;
	startUpdater(verb: string, payload?: string): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
	configure(lines: string): void;
	version(): string;
	change(): ChangeStatus;
	legacyStatus(): Record<string, unknown>;
	history(): History['changes'];
	/** One line a path below the root: kind, mode, owner, digest or target. Ours (statuses, state) left out. */
	fingerprint(): readonly string[];
	remove(): void;
}

/** Makes a box with this release installed and the user's data beside it. */
export function makeBox(installed: CitadelRelease): Box {
	const dir = mkdtempSync(join(tmpdir(), 'box-'));
	const root = join(dir, 'root');
	const source = makeSource(join(dir, 'source'));
	const config = join(dir, 'config.toml');
	const state = join(dir, 'state');
	const base = `product = "citadel"\nstate = "${state}"\n[source]\nkind = "git"\nurl = "file://${source.dir}"\n[trust]\nmode = "unsigned"\n`;
	writeFileSync(config, base);
	source.publish({ tags: [`v${installed.version}`], files: citadelRelease(installed) });
	writeFiles(root, citadelRelease(installed));
	furnish(root, installed.version);

	const startUpdater = (verb: string, payload = '') => {
		const child = spawn(process.execPath, [join(REPOSITORY, 'src/privileged/updater/main.ts'), verb, '--root', root, '--config', config], {
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true,
		});
		child.stdin.on('error', () => undefined);
		child.stdin.end(payload);
		return { child, ended: collect(child) };
	};
	const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
	return {
		dir,
		root,
		state,
		config,
		source,
		publish: (release, ...tags) =>
			source.publish({ tags: tags.length === 0 ? [`v${release.version}`] : tags, files: citadelRelease(release) }),
		updater: (verb, payload) => startUpdater(verb, payload).ended,
		startUpdater,
		configure: (lines) => writeFileSync(config, `${base}${lines}\n`),
		version: () => readJson(join(root, 'info.json')).version,
		change: () => readJson(join(root, 'statuses/change.json')),
		legacyStatus: () => readJson(join(root, 'statuses/update-status.json')),
		history: () => readJson(join(root, 'statuses/history.json')).changes,
		fingerprint: () => fingerprintOf(root),
		remove: () => rmSync(dir, { recursive: true, force: true }),
	};
}

/** What a box has that no release brought. */
function furnish(root: string, version: string): void {
	for (const path of ['events/signals', 'statuses/signals', 'logs', 'db', 'app-data/shop'])
		mkdirSync(join(root, path), { recursive: true });
	writeFileSync(join(root, 'statuses/update-status.json'), '{"state": "success", "progress": 100, "description": "", "updateTo": ""}\n');
	writeFileSync(join(root, 'db/user.json'), '{"name": "satoshi", "seed": "twelve words"}\n', { mode: 0o600 });
	writeFileSync(join(root, 'app-data/shop/orders'), 'order 1\n');
	writeFileSync(join(root, '.env'), 'SECRET=1\n', { mode: 0o600 });
	writeFileSync(join(root, 'logs/service.running'), `service of ${version}\n`);
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
		child.once('close', (code) => {
			clearTimeout(timer);
			done({ code, stdout, stderr });
		});
	});
}

function fingerprintOf(root: string): readonly string[] {
	const lines: string[] = [];
	const walk = (path: string) => {
		const name = relative(root, path);
		if (name === 'statuses') return;
		const stats = lstatSync(path);
		const mode = (stats.mode & 0o7777).toString(8);
		const owner = `${stats.uid}:${stats.gid}`;
		if (stats.isSymbolicLink()) lines.push(`${name} link ${owner} ${readlinkSync(path)}`);
		else if (stats.isDirectory()) {
			lines.push(`${name}/ ${mode} ${owner}`);
			for (const child of readdirSync(path).sort()) walk(join(path, child));
		} else if (stats.isFile())
			lines.push(`${name} ${mode} ${owner} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)}`);
		else lines.push(`${name} other ${mode} ${owner}`);
	};
	walk(root);
	return lines;
}
