/**
 * The updater, one process per request: `updater COMMAND --root DIR [--config FILE] [--json]`, with the
 * payload on standard input. An updater runs `check-source` of the release that it just installed: that reads
 * the source, under the caller's locks, and does nothing else. Exit codes: docs/operator/exit-codes.md.
 * Everything is imported at once: the release that it installs may replace this code while it runs.
 */
import { parseArgs } from 'node:util';
import { clockSenseAt } from '../../model/base/earliest-time.ts';
import { problem, recordOf } from '../../model/base/error.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../../model/base/error-codes.ts';
import { PAYLOAD_MAX_BYTES } from '../../model/signal/signal.ts';
import { bootId, isoTime, systemClock } from '../../system/clock.ts';
import { type Log, openLog } from '../../system/log.ts';
import { readSettings } from '../../system/root/config-file.ts';
import { findRoot } from '../../system/root/find-root.ts';
import { statusesAccess } from '../access/statuses-access.ts';
import { StatusesDirectory } from '../access/statuses-directory.ts';
import { trustedOwners } from '../access/trusted-owners.ts';
import { prepareState, requireTrustedParents } from '../access/trusted-parents.ts';
import { check } from './commands/check.ts';
import { keep } from './commands/keep.ts';
import { resume } from './commands/resume.ts';
import { rollback } from './commands/rollback.ts';
import { update } from './commands/update.ts';
import { rollbackPreview } from './plan/rollback-preview.ts';
import { openReleases } from './releases/open-releases.ts';
import { makePublisher } from './status/publisher.ts';
import type { World } from './world.ts';

interface Request {
	readonly command: string;
	readonly root: string;
	readonly config: string | undefined;
	readonly json: 'json' | 'text';
}

function readArguments(argv: readonly string[]): Request {
	const options = {
		root: { type: 'string' },
		config: { type: 'string' },
		json: { type: 'boolean' },
	} as const;
	try {
		const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
		return {
			command: positionals[0] ?? '',
			root: values.root ?? findRoot(process.cwd()),
			config: values.config,
			json: values.json === true ? 'json' : 'text',
		};
	} catch (thrown) {
		throw problem(
			'usage',
			`cannot read the arguments: ${recordOf(thrown).message}`,
			`use: updater ${COMMANDS.join('|')} --root DIR [--config FILE] [--json]`,
		);
	}
}

async function makeWorld(request: Request): Promise<World> {
	const { config, configFile, layout } = readSettings(request.root, request.config);
	prepareState(layout);
	requireTrustedParents(layout, trustedOwners(config));
	const log = openLog({ program: 'updater', file: layout.log, stderr: 'quiet' });
	reportClock(log);
	const access = statusesAccess(config);
	// Even where older managers share the directory, it is root's while hooks write to it. A check runs no
	// hooks.
	const sharing = request.command === 'check' && config.sharedStatuses ? 'shared' : 'ours';
	const statuses = new StatusesDirectory(layout, access, sharing);
	return {
		layout,
		config,
		configFile,
		clock: systemClock,
		boot: bootId,
		source: await openReleases({ layout, config, clock: systemClock }),
		statuses,
		publisher: makePublisher({ layout, statuses, access }, systemClock, log),
		log,
		endFile: process.env['SIGNALBOX_END_FILE'],
	};
}

/** Reads standard input up to the first byte beyond the limit. */
async function readPayload(): Promise<Buffer> {
	const pieces: Buffer[] = [];
	if (process.stdin.isTTY) return Buffer.alloc(0);
	for await (const piece of process.stdin) {
		pieces.push(piece);
		if (pieces.reduce((sum, one) => sum + one.length, 0) > PAYLOAD_MAX_BYTES) break;
	}
	return Buffer.concat(pieces);
}

/** The updater does not depend on the time, so it continues with a wrong clock, but reports it. */
function reportClock(log: Log): void {
	const now = systemClock.now();
	if (clockSenseAt(now) === 'set') return;
	const message = `the clock is not set: it says ${isoTime(now)}`;
	log.warn(message, { code: 'clock-not-set' });
	process.stderr.write(`${message}\n`);
}

async function run(request: Request): Promise<ExitCode> {
	const command = commandNamed(request.command);
	if (command === undefined)
		throw problem(
			'usage',
			`cannot ${request.command === '' ? 'do nothing' : request.command}`,
			`use one of ${COMMANDS.join(', ')}`,
		);
	const world = await makeWorld(request);
	try {
		return await act(command, request, world);
	} finally {
		await world.source.close();
	}
}

const COMMANDS = [
	'update',
	'rollback',
	'rollback-preview',
	'accept-root',
	'check',
	'check-source',
	'resume',
] as const;
type Command = (typeof COMMANDS)[number];

/** Names that programs of earlier releases use. */
const FORMER_NAMES: ReadonlyMap<string, Command> = new Map([
	['way-back', 'rollback-preview'],
	['keep', 'accept-root'],
	['reach', 'check-source'],
]);

function commandNamed(text: string): Command | undefined {
	return COMMANDS.find((command) => command === text) ?? FORMER_NAMES.get(text);
}

async function act(command: Command, request: Request, world: World): Promise<ExitCode> {
	switch (command) {
		case 'update':
			return await update(world, await readPayload());
		case 'rollback':
			return await rollback(world, await readPayload());
		case 'rollback-preview':
			process.stdout.write(`${JSON.stringify(await rollbackPreview(world))}\n`);
			return EXIT.done;
		case 'accept-root':
			return await keep(world);
		case 'resume':
			return await resume(world);
		case 'check-source':
			await world.source.list();
			return EXIT.done;
		case 'check': {
			const available = await check(world);
			process.stdout.write(
				`${JSON.stringify(available, null, request.json === 'json' ? '\t' : undefined)}\n`,
			);
			return available.reason === null ? EXIT.done : exitCodeOf(available.reason.code);
		}
	}
}

/** The updater must survive signals that hooks, shells and terminals send to process groups. */
function ignoreHangups(): void {
	for (const signal of ['SIGHUP', 'SIGPIPE', 'SIGINT'] as const) process.on(signal, () => undefined);
	process.stdout.on('error', () => undefined);
	process.stderr.on('error', () => undefined);
}

async function main(): Promise<void> {
	ignoreHangups();
	try {
		process.exitCode = await run(readArguments(process.argv.slice(2)));
	} catch (thrown) {
		const record = recordOf(thrown);
		if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: record })}\n`);
		process.stderr.write(`${record.message}\n${record.hint}\n`);
		process.exitCode = exitCodeOf(record.code);
	}
}

await main();
