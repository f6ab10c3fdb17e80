/** The programs that the demo needs besides Node. One message names all that are missing. */
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../model/base/error.ts';
import type { SourceKind } from '../model/config/config.ts';
import { nodeProgram } from '../system/process/program.ts';

/** PATH of hooks and author. The running Node comes first, because the demo's service is a Node program. */
export const HOOK_PATH: readonly string[] = [
	dirname(nodeProgram),
	'/usr/local/sbin',
	'/usr/local/bin',
	'/usr/sbin',
	'/usr/bin',
	'/sbin',
	'/bin',
];

/** Each program with its Debian package. */
const NEEDED: Readonly<Record<string, string>> = {
	bash: 'bash',
	find: 'findutils',
	flock: 'util-linux',
	rsync: 'rsync',
	setpriv: 'util-linux',
	setsid: 'util-linux',
	sync: 'coreutils',
};

/** Throws `tool-missing` with every program missing in `path` and the command that installs them. */
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
