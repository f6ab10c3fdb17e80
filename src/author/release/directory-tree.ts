/** A directory as a release. The owner's execute bit decides a file's mode; a top-level .git is skipped. */
import { createReadStream, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../model/base/error.ts';
import type { AuthorTree, TreeFile } from './tree.ts';

/** Lists `directory`. Throws `release-refused` if it is not a directory. */
export function directoryTree(directory: string): AuthorTree {
	if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
		throw problem(
			'release-refused',
			`cannot build from ${directory}: it is no directory`,
			'name the directory of the release',
			{
				facts: { directory },
			},
		);
	}
	const files: TreeFile[] = [];
	const lost: string[] = [];
	walk(directory, '', files, lost);
	return {
		name: directory,
		files,
		lost,
		async read(wanted, onFile) {
			for (const file of wanted)
				await onFile(
					file,
					file.kind === 'link' ? linkOf(join(directory, file.path)) : bytesOf(join(directory, file.path)),
				);
		},
	};
}

function walk(top: string, below: string, files: TreeFile[], lost: string[]): void {
	const names = readdirSync(join(top, below), { encoding: 'buffer' })
		.map((name) => name.toString('utf8'))
		.filter((name) => below !== '' || name !== '.git')
		.sort();
	if (names.length === 0) lost.push(below);
	for (const name of names) {
		const path = below === '' ? name : `${below}/${name}`;
		const stats = lstatSync(join(top, path));
		if (stats.isDirectory()) walk(top, path, files, lost);
		else files.push(fileOf(path, stats));
	}
}

function fileOf(path: string, stats: Stats): TreeFile {
	const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755;
	if (stats.isFile()) return { path, kind: 'file', mode, size: stats.size, why: '' };
	if (stats.isSymbolicLink()) return { path, kind: 'link', mode: 0o644, size: stats.size, why: '' };
	return { path, kind: 'other', mode: 0o644, size: 0, why: 'it is neither a file nor a link' };
}

async function* bytesOf(path: string): AsyncIterable<Buffer> {
	yield* createReadStream(path) as AsyncIterable<Buffer>;
}

async function* linkOf(path: string): AsyncIterable<Buffer> {
	yield readlinkSync(path, { encoding: 'buffer' });
}
