/** What the demo needs of the machine besides Node: looked for at once, so that one sentence names all that is missing. */
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../model/base/error.ts';
import type { SourceKind } from '../model/config/config.ts';
import { nodeProgram } from '../system/process/program.ts';

/** PATH of hooks and of the author: the Node that runs us comes first, because the demo's service is a Node program. */
export const HOOK_PATH: readonly string[] = [
	dirname(nodeProgram),
	'/usr/local/sbin',
	'/usr/local/bin',
	'/usr/sbin',
	'/usr/bin',
	'/sbin',
	'/bin',
];

/** Each program with Debian's package that brings it. */
const NEEDED: Readonly<Record<string, string>> = {
	bash: 'bash',
	find: 'findutils',
	flock: 'util-linux',
	rsync: 'rsync',
	setpriv: 'util-linux',
	setsid: 'util-linux',
	sync: 'coreutils',
};

/** Throws `tool-missing`, which names every program that `path` does not have, and the line that installs them. */
export function requireTools(kind: SourceKind, path: readonly string[]): void {
	const needed: Readonly<Record<string, string>> = kind === 'git' ? { ...NEEDED, git: 'git' } : NEEDED;
	const missing = Object.keys(needed).filter(
		(tool) => !path.some((directory) => canRun(join(directory, tool))),
	);
	if (missing.length === 0) return;
	const packages = [...new Set(missing.map((tool) => needed[tool] ?? tool))];
	throw problem(
		'tool-missing',
		`cannot run the demo without ${missing.join(', ')}`,
		`run: apt-get install ${packages.join(' ')}`,
		{
			facts: { missing },
		},
	);
}

function canRun(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
