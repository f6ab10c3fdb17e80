/**
 * An author with keys, who publishes verified releases for a box: real keys, real signatures, the real
 * `signalbox release`.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from '../../../src/author/program.ts';
import { runCommand } from '../../../src/terminal/run-command.ts';
import { testWorld } from '../../terminal/test-world.ts';
import type { Box } from '../box.ts';
import { type CitadelRelease, citadelRelease } from '../releases/citadel.ts';
import { writeFiles } from './source.ts';

export interface Publisher {
	/** Holds `keys`, `published` and what is built. */
	readonly dir: string;
	readonly published: string;
	/** The first root, as boxes pin it. */
	readonly root: string;
	/** Runs `signalbox release` with these words; throws unless it ends with 0. */
	release(...words: readonly string[]): Promise<void>;
	/** Builds, signs and publishes; `words` go to `build`. */
	publish(release: CitadelRelease, ...words: readonly string[]): Promise<void>;
}

/** Returns an author in `dir`, with one key a role: what several keys change is tested elsewhere. */
export async function makePublisher(dir: string): Promise<Publisher> {
	mkdirSync(dir, { recursive: true });
	const release = async (...words: readonly string[]) => {
		const world = testWorld({ cwd: dir });
		const exit = await runCommand(words, RELEASE, world);
		if (exit !== 0)
			throw new Error(`${words.join(' ')} ended with ${exit}: ${world.said.err}${world.said.out}`);
	};
	await release('keygen', '--small', '--plain');
	return {
		dir,
		published: join(dir, 'published'),
		root: join(dir, 'published/metadata/1.root.json'),
		release,
		async publish(citadel, ...words) {
			const tree = mkdtempSync(join(dir, 'tree-'));
			writeFiles(tree, citadelRelease(citadel));
			await release('build', '--from', tree, '--product', 'citadel', ...words);
			await release('sign', '--key', 'keys/targets.pem');
			await release('publish', '--key', 'keys/online.pem');
			rmSync(tree, { recursive: true });
		},
	};
}

/**
 * Lets a box trust this author, whose root it pins. The network is read by a user of no account of this
 * machine.
 */
export function pinAuthor(box: Box, author: Pick<Publisher, 'root'>): void {
	const root = join(box.dir, 'root.json');
	cpSync(author.root, root);
	box.trustIs('tuf', `root = ${JSON.stringify(root)}\n`);
}
