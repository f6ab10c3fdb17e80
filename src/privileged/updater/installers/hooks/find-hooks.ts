/** Finds the hooks of a staged release, and checks that they can run. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../../../model/base/error.ts';
import { type HookName, parseHookName } from '../../../../model/release/hook-name.ts';
import { HOOK_MAX_BYTES, readHookHead } from '../../../../model/release/hook-script.ts';
import { readSmall } from '../../../../system/files/read-file.ts';
import { canRun } from '../../../../system/process/can-run.ts';

const REQUIRES_MAX_BYTES = 64 * 1024;

/**
 * Returns the names of the hooks in `scripts`, in the order they run. Throws `hook-missing` when there is
 * none, and `hook-refused` for one that cannot run: older runners skipped hooks that were not executable and
 * reported success.
 */
export function hooksIn(scripts: string, path: readonly string[]): readonly HookName[] {
	const names = readNames(scripts)
		.flatMap((name) => (name.endsWith('-run.sh') ? [name] : []))
		.sort();
	if (names.length === 0) {
		throw problem(
			'hook-missing',
			'cannot install the release: it has no hooks (scripts/update/NN-run.sh)',
			'ask its author for a release with hooks',
			{ facts: { scripts } },
		);
	}
	return names.map((name) => {
		const hook = parseHookName(name);
		if (hook === undefined) throw refused(name, 'its name is not NN-run.sh');
		requireRunnable(scripts, name, path);
		return hook;
	});
}

function requireRunnable(scripts: string, name: string, path: readonly string[]): void {
	const file = join(scripts, name);
	const stats = lstatSync(file);
	if (!stats.isFile()) throw refused(name, 'it is not a plain file');
	if ((stats.mode & 0o111) === 0) throw refused(name, 'it is not executable');
	const read = readSmall(file, HOOK_MAX_BYTES);
	if (read.kind !== 'file') throw refused(name, 'it is too large');
	const head = readHookHead(read.bytes);
	if (head.kind === 'fault') throw refused(name, head.why);
	if (!canRun(head.program, path)) throw refused(name, `its interpreter ${head.program} is not there`);
}

/** Refuses a release whose hooks name tools (one a line in `.requires`) that this box does not have. */
export function requireTools(scripts: string, path: readonly string[]): void {
	const read = readSmall(join(scripts, '.requires'), REQUIRES_MAX_BYTES);
	if (read.kind !== 'file') return;
	const wanted = read.bytes
		.toString('utf8')
		.split('\n')
		.map((line) => line.replace(/#.*/, '').trim())
		.filter((line) => line !== '');
	const missing = wanted.filter((tool) => !canRun(tool, path));
	if (missing.length === 0) return;
	throw problem(
		'tool-missing',
		`cannot install the release: its hooks need ${missing.join(', ')}`,
		`install ${missing.join(' and ')}, then update again`,
		{
			retry: 'later',
			facts: { missing },
		},
	);
}

function readNames(dir: string): readonly string[] {
	try {
		return readdirSync(dir);
	} catch {
		return [];
	}
}

function refused(name: string, why: string): Error {
	return problem(
		'hook-refused',
		`cannot install the release: its hook ${name} cannot run: ${why}`,
		'ask its author to correct the hook and publish again',
		{ facts: { hook: name, why } },
	);
}
