/** A real git repository to publish releases in. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type ReleaseFile = string | { readonly text: string | Uint8Array; readonly mode: number } | { readonly link: string };
export type ReleaseFiles = Readonly<Record<string, ReleaseFile>>;

export interface PublishedRelease {
	/** The tags it gets; none: only the branch moves. */
	readonly tags: readonly string[];
	readonly files: ReleaseFiles;
}

const AUTHOR = ['-c', 'user.name=Author', '-c', 'user.email=author@example.org', '-c', 'commit.gpgsign=false', '-c', 'tag.gpgsign=false'];
/** What a test throws away need not survive a power cut. */
const FAST = ['-c', 'core.fsync=none', '-c', 'gc.auto=0'];

export interface Source {
	readonly dir: string;
	/** Commits a release to the branch `main` and tags it. */
	publish(release: PublishedRelease): void;
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
		execFileSync('git', [...AUTHOR, ...FAST, '-C', dir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
	return {
		dir,
		git,
		publish({ tags, files }) {
			git('rm', '-r', '-f', '-q', '--ignore-unmatch', '.');
			writeFiles(dir, files);
			git('add', '--all', '--force');
			git('commit', '--quiet', '--allow-empty', '--message', tags[0] ?? 'a commit');
			for (const tag of tags) git('tag', '--force', '--annotate', '--message', tag, '--', tag);
		},
	};
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
		chmodSync(full, typeof file === 'string' ? (path.endsWith('.sh') ? 0o755 : 0o644) : file.mode);
	}
}
