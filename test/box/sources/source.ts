/** A real git repository to publish releases in. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type ReleaseFile =
	| string
	| { readonly text: string | Uint8Array; readonly mode: number }
	| { readonly link: string };
export type ReleaseFiles = Readonly<Record<string, ReleaseFile>>;

export interface PublishedRelease {
	/** The tags it gets; none: only the branch moves. */
	readonly tags: readonly string[];
	readonly files: ReleaseFiles;
}

const AUTHOR = [
	'-c',
	'user.name=Author',
	'-c',
	'user.email=author@example.org',
	'-c',
	'commit.gpgsign=false',
	'-c',
	'tag.gpgsign=false',
];
/** What a test throws away need not survive a power cut. */
const FAST = ['-c', 'core.fsync=none', '-c', 'gc.auto=0'];

export interface Source {
	readonly dir: string;
	/** Commits a release to the branch `main` and tags it. */
	publish(release: PublishedRelease): void;
	/** Runs git in it; the working tree is that of the release published last. */
	git(...args: readonly string[]): string;
}

export function makeSource(dir: string): Source {
	mkdirSync(dir, { recursive: true });
	const source = sourceAt(dir);
	source.git('init', '--quiet', '--initial-branch=main');
	return source;
}

/** Returns the source that was made in `dir`. */
export function sourceAt(dir: string): Source {
	const git = (...args: readonly string[]) =>
		execFileSync('git', [...AUTHOR, ...FAST, '-C', dir, ...args], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
		});
	const main = join(dir, '.git/refs/heads/main');
	let isTreeStale = existsSync(main);
	return {
		dir,
		git(...args) {
			if (isTreeStale) git('reset', '--quiet', '--hard');
			isTreeStale = false;
			return git(...args);
		},
		publish(release) {
			const parent = existsSync(main) ? ['from refs/heads/main^0'] : [];
			execFileSync('git', [...FAST, '-C', dir, 'fast-import', '--quiet', '--force'], {
				input: streamOf(release, parent),
			});
			isTreeStale = true;
		},
	};
}

/** What `git fast-import` reads: one process for a whole release, and no working tree. */
function streamOf({ tags, files }: PublishedRelease, parent: readonly string[]): Buffer {
	const author = `Author <author@example.org> ${Math.floor(Date.now() / 1000)} +0000`;
	const head = [
		'commit refs/heads/main',
		'mark :1',
		`committer ${author}`,
		...data(tags[0] ?? 'a commit'),
		...parent,
		'deleteall',
	];
	const contents = Object.entries(files).flatMap(([path, file]) => [
		`M ${modeOf(path, file)} inline ${quote(path)}`,
		...data(contentsOf(file)),
	]);
	const named = tags.flatMap((tag) => [`tag ${tag}`, 'from :1', `tagger ${author}`, ...data(tag)]);
	return Buffer.concat(
		[...head, ...contents, ...named].map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])),
	);
}

function data(contents: string | Uint8Array): readonly (string | Uint8Array)[] {
	return [`data ${Buffer.byteLength(contents)}`, contents];
}

function modeOf(path: string, file: ReleaseFile): string {
	if (typeof file === 'object' && 'link' in file) return '120000';
	return ((typeof file === 'string' ? modeByName(path) : file.mode) & 0o100) === 0 ? '100644' : '100755';
}

function contentsOf(file: ReleaseFile): string | Uint8Array {
	if (typeof file === 'string') return file;
	return 'link' in file ? file.link : file.text;
}

function modeByName(path: string): number {
	return path.endsWith('.sh') ? 0o755 : 0o644;
}

function quote(path: string): string {
	return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** Writes files below `dir`; scripts (`*.sh`) and what says so are executable. */
export function writeFiles(dir: string, files: ReleaseFiles): void {
	for (const [path, file] of Object.entries(files)) {
		const full = join(dir, path);
		mkdirSync(dirname(full), { recursive: true });
		rmSync(full, { force: true });
		if (typeof file === 'object' && 'link' in file) {
			symlinkSync(file.link, full);
			continue;
		}
		const text = typeof file === 'string' ? file : file.text;
		writeFileSync(full, text);
		chmodSync(full, typeof file === 'string' ? modeByName(path) : file.mode);
	}
}
