/** The demo's releases: a real git repository, made with the real git from the files in examples/demo. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrFail } from '../../../system/run-tool.ts';
import { TOOL_PATH } from './tools.ts';

const EXAMPLES = fileURLToPath(new URL('../../../../examples/demo/', import.meta.url));

export interface DemoRelease {
	readonly version: string;
	readonly requires: string;
	readonly notes: string;
	/** A directory of examples/demo that is laid over the usual files. */
	readonly overlay?: string;
}

export const INSTALLED: DemoRelease = { version: '1.0.0', requires: '>=1.0.0', notes: 'The first bell.' };

/** In the order in which they are published. 2.0.0 cannot be installed on 1.0.0: 1.1.0 is the stepping stone. */
export const GOOD: readonly DemoRelease[] = [
	{ version: '1.1.0', requires: '>=1.0.0', notes: 'Prepares the data for 2.0.0.' },
	{ version: '2.0.0', requires: '>=1.1.0', notes: 'A new bell. Needs 1.1.0 first.' },
];

export const BAD: DemoRelease = {
	version: '2.1.0',
	requires: '>=2.0.0',
	notes: 'Tidies up. Too much, as it turns out.',
	overlay: 'v2.1.0',
};

/** Writes the files of a release into `directory`, which may hold an older one. */
export function writeRelease(release: DemoRelease, directory: string): void {
	mkdirSync(directory, { recursive: true });
	cpSync(join(EXAMPLES, 'release'), directory, { recursive: true });
	if (release.overlay !== undefined) cpSync(join(EXAMPLES, release.overlay), directory, { recursive: true });
	const { version, requires, notes } = release;
	writeFileSync(join(directory, 'info.json'), `${JSON.stringify({ version, name: `Bell ${version}`, notes, requires }, null, '\t')}\n`);
	writeFileSync(join(directory, 'service/greeting.txt'), `Hello from ${version}\n`);
}

/** A repository that the box takes its releases from; its branch `main` announces the newest. */
export class Repository {
	readonly directory: string;
	readonly #signal: AbortSignal;

	constructor(directory: string, signal: AbortSignal) {
		this.directory = directory;
		this.#signal = signal;
	}

	/** Makes the empty repository. */
	async make(): Promise<void> {
		mkdirSync(this.directory, { recursive: true });
		await this.#git('init', '--quiet');
		await this.#git('symbolic-ref', 'HEAD', 'refs/heads/main');
	}

	/** Commits a release on `main` and tags it. */
	async publish(release: DemoRelease): Promise<void> {
		for (const name of ['service', 'scripts', 'events']) rmSync(join(this.directory, name), { recursive: true, force: true });
		writeRelease(release, this.directory);
		await this.#git('add', '--all', '--force');
		await this.#git('commit', '--quiet', '--message', `Bell ${release.version}`);
		await this.#git('tag', `v${release.version}`);
	}

	async #git(...args: readonly string[]): Promise<void> {
		const run = { program: 'git', args: ['-C', this.directory, ...args], env: GIT_ENVIRONMENT, timeout: 60_000, signal: this.#signal };
		await runOrFail(run, 'demo-failed', 'the demo needs a git that can commit; look at the facts');
	}
}

/** Nothing of the caller's own git: neither a name to sign with nor hooks. */
const GIT_ENVIRONMENT = {
	PATH: TOOL_PATH.join(':'),
	HOME: '/nonexistent',
	LC_ALL: 'C',
	GIT_CONFIG_NOSYSTEM: '1',
	GIT_CONFIG_GLOBAL: '/dev/null',
	GIT_AUTHOR_NAME: 'Signalbox demo',
	GIT_AUTHOR_EMAIL: 'demo@localhost',
	GIT_COMMITTER_NAME: 'Signalbox demo',
	GIT_COMMITTER_EMAIL: 'demo@localhost',
};
