/** Runs one probe once. */
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { recordOfStep } from '../../../model/change/journal.ts';
import type { Probe, Question } from '../../../model/config/probe.ts';
import { buildEnvironment } from '../../../system/process/environment.ts';
import { cacheEnvironment, nodeProgram, programPath } from '../../../system/process/program.ts';
import { runTool, type ToolEnd } from '../../../system/process/run-tool.ts';
import { sealStaged } from '../stage/seal.ts';
import { reopenStaging } from '../stage/staging.ts';
import type { ChangeWorld } from '../world.ts';
import { type NetworkQuestion, PROBER_ENVIRONMENT, proberCommand } from './prober-command.ts';

/** The time that our own program may take to start and end in addition to its check, in milliseconds. */
const START = 10_000;
/** Bytes of output. */
const MAX_OUTPUT = 1024 * 1024;

/** Returns what is wrong, or an empty text. Throws `tool-missing` for a missing program. */
export async function askProbe(world: ChangeWorld, { question, timeout }: Probe): Promise<string> {
	switch (question.kind) {
		case 'command':
			return complaintIn(await runCommand(world, question, timeout));
		case 'unit':
			return complaintIn(
				await run(world, ['systemctl', 'is-active', '--', question.unit], timeout, world.layout.root),
			);
		case 'source': {
			// The new release's updater opens the trust store, which only one process can hold at a time.
			await world.source.close();
			const updater = programPath('updater');
			const reach = [
				nodeProgram,
				updater,
				// The release at this path may be an older one, which knows `check-source` only by this name.
				'reach',
				'--root',
				world.layout.root,
				'--config',
				world.configFile,
			];
			return saidBy(await run(world, reach, timeout, '/'));
		}
		case 'http':
		case 'tcp':
			return saidBy(await runProber(question, timeout));
	}
}

async function runProber(question: NetworkQuestion, timeout: number): Promise<ToolEnd> {
	const env = { ...PROBER_ENVIRONMENT, ...cacheEnvironment() };
	const limits = { timeout: timeout + START, maxOutput: MAX_OUTPUT };
	return await runTool({ ...proberCommand(question, timeout), cwd: '/', env, ...limits });
}

async function runCommand(
	world: ChangeWorld,
	{ command, of }: Extract<Question, { kind: 'command' }>,
	timeout: number,
): Promise<ToolEnd> {
	if (of === 'configuration') return await run(world, command, timeout, world.layout.root);
	const staged = recordOfStep(world.journal(), 'stage');
	if (staged === undefined)
		throw problem('internal', 'cannot ask a probe of a release before staging', 'please report this');
	const staging = reopenStaging(world.layout.root, staged.inode);
	try {
		await sealStaged(world, staging);
		return await run(world, command, timeout, join(staging.place, 'scripts/update'));
	} finally {
		staging.close();
	}
}

async function run(
	{ config, layout }: ChangeWorld,
	command: readonly string[],
	timeout: number,
	cwd: string,
): Promise<ToolEnd> {
	const [program = '', ...args] = command;
	const further = { SIGNALBOX_ROOT: layout.root, ...cacheEnvironment() };
	const env = buildEnvironment({ path: config.hooks.path, home: '/root', user: 'root', further });
	return await runTool({ program, args, cwd, env, timeout, maxOutput: MAX_OUTPUT });
}

/** The last output of a release's or system program, and how it ended. */
function complaintIn(end: ToolEnd): string {
	if (end.kind === 'done') return '';
	if (end.kind === 'timed-out') return 'it did not end in time';
	const last = (end.stderr.trim() || end.stdout.trim()).split('\n').at(-1) ?? '';
	return `it ended with ${end.exitCode}${last === '' ? '' : `: ${last.slice(-200)}`}`;
}

/** Our own programs print a whole sentence first. */
function saidBy(end: ToolEnd): string {
	if (end.kind !== 'failed') return complaintIn(end);
	return end.stderr.trim().split('\n').at(0) || complaintIn(end);
}
