/** Refuses a release whose restart or health checks need a program that this box does not have. */
import { resolve } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import type { Config } from '../../../model/config/config.ts';
import type { Probe, Question } from '../../../model/config/probe.ts';
import type { ReleaseTerms } from '../../../model/release/terms.ts';
import { canRun } from '../../../system/process/can-run.ts';
import { closedToProber } from './prober-command.ts';

/** Refuses a release that needs a restart of the machine where the restart command does not exist. */
export function requireReboot(terms: ReleaseTerms, { reboot, hooks }: Config): void {
	const [program = ''] = reboot.command;
	if (terms.reboot === 'never' || canRun(program, hooks.path)) return;
	const message = `cannot install the release: it needs a restart of the machine, and ${program} is not there`;
	throw problem('tool-missing', message, 'set reboot.command in the configuration, then ask again', {
		retry: 'later',
		facts: { missing: [program] },
	});
}

/**
 * Refuses to begin when a probe could never succeed. `scripts` is where a release's own commands will run.
 */
export function requireProbes(probes: readonly Probe[], scripts: string, path: readonly string[]): void {
	if (probes.some(({ question }) => question.kind === 'http' || question.kind === 'tcp')) requireProber();
	const missing = probes.filter(({ question }) => !canAsk(question, scripts, path)).map(({ name }) => name);
	if (missing.length === 0) return;
	throw problem(
		'tool-missing',
		`cannot update: the program of the probe ${missing.join(', ')} is not there`,
		'install it (systemctl for a unit), or correct the probe where it is declared',
		{ retry: 'later', facts: { missing } },
	);
}

function requireProber(): void {
	const closed = closedToProber();
	if (closed === undefined) return;
	throw problem(
		'tool-missing',
		`cannot update: the network probes run as the user nobody, who cannot read ${closed}`,
		`open ${closed} to all for reading (chmod o+rX), or install Signalbox elsewhere`,
		{ retry: 'later', facts: { closed } },
	);
}

function canAsk(question: Question, scripts: string, path: readonly string[]): boolean {
	if (question.kind === 'unit') return canRun('systemctl', path);
	if (question.kind !== 'command') return true;
	const [program = ''] = question.command;
	const own = question.of === 'release' && program.includes('/');
	return canRun(own ? resolve(scripts, program) : program, path);
}
