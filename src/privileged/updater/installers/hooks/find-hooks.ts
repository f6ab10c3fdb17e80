/** The hooks of a staged release: which there are, and whether they can run at all. */
import { accessSync, constants, lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { problem } from '../../../../model/base/error.ts';
import { type HookName, parseHookName } from '../../../../model/change/step.ts';
import type { Config } from '../../../../model/config/config.ts';
import type { Probe, Question } from '../../../../model/config/probe.ts';
import { HOOK_MAX_BYTES, readHookHead } from '../../../../model/release/hook-script.ts';
import type { ReleaseTerms } from '../../../../model/release/terms.ts';
import { readSmall } from '../../../../system/files/files.ts';

const REQUIRES_MAX_BYTES = 64 * 1024;

/**
 * Returns the names of the hooks in `scripts`, in the order they run. Throws `hook-missing` when there is none, and
 * `hook-refused` for one that could not run: older runners passed over what was not executable, and called it success.
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
		`install ${missing.join(' and ')}, then ask again`,
		{
			retry: 'later',
			facts: { missing },
		},
	);
}

/** Refuses a release that asks for a restart of the machine where nothing could restart it. */
export function requireReboot(terms: ReleaseTerms, { reboot, hooks }: Config): void {
	const [program = ''] = reboot.command;
	if (terms.reboot === 'never' || canRun(program, hooks.path)) return;
	const message = `cannot install the release: it needs a restart of the machine, and ${program} is not there`;
	throw problem('tool-missing', message, 'set reboot.command in the configuration, then ask again', {
		retry: 'later',
		facts: { missing: [program] },
	});
}

/** Refuses to begin when a probe could never be well. `scripts` is where a release's own commands will run. */
export function requireProbes(probes: readonly Probe[], scripts: string, path: readonly string[]): void {
	const missing = probes.filter(({ question }) => !canAsk(question, scripts, path)).map(({ name }) => name);
	if (missing.length === 0) return;
	const message = `cannot update: the program of the probe ${missing.join(', ')} is not there`;
	throw problem(
		'tool-missing',
		message,
		'install it (systemctl for a unit), or mend the probe where it is declared',
		{
			retry: 'later',
			facts: { missing },
		},
	);
}

function canAsk(question: Question, scripts: string, path: readonly string[]): boolean {
	if (question.kind === 'unit') return canRun('systemctl', path);
	if (question.kind !== 'command') return true;
	const [program = ''] = question.command;
	return canRun(
		question.of === 'release' && program.includes('/') ? resolve(scripts, program) : program,
		path,
	);
}

function canRun(program: string, path: readonly string[]): boolean {
	const places = program.includes('/') ? [program] : path.map((dir) => join(dir, program));
	return places.some((place) => {
		try {
			accessSync(place, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
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
		'ask its author to mend the hook and publish again',
		{ facts: { hook: name, why } },
	);
}
