/**
 * karen, the watcher that runs as root: `main.ts [--root DIR] [--config FILE] [EVENTS]`. EVENTS is the
 * argument of older karens, the `events` directory of a root. TERM and INT end karen; HUP reloads the
 * configuration.
 */
import { existsSync, readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { problem, recordOf } from '../../model/base/error.ts';
import { exitCodeOf } from '../../model/base/error-codes.ts';
import type { Layout } from '../../model/base/layout.ts';
import { findUntrustedWriter } from '../../system/access/untrusted-writer.ts';
import { systemClock } from '../../system/clock.ts';
import type { Log } from '../../system/log.ts';
import { installation, programPath } from '../../system/process/program.ts';
import { installedVersion } from '../../system/process/version.ts';
import type { Settings } from '../../system/root/config-file.ts';
import { prepareState } from '../access/trusted-parents.ts';
import type { Karen } from './karen.ts';
import { KarenLock } from './lock.ts';
import { askSettings } from './settings.ts';

/** Hooks of real releases stop karen with `pkill -f "\./karen"`. */
const TITLE = './karen';
/** Milliseconds to wait for an ending karen: hooks stop one and start the next immediately. */
const PATIENCE = 10_000;

interface Asked {
	readonly root: string;
	readonly config: string | undefined;
}

function readArguments(argv: readonly string[]): Asked {
	const options = { root: { type: 'string' }, config: { type: 'string' } } as const;
	try {
		const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
		const [events, ...more] = positionals;
		if (more.length > 0) throw new Error('more than one directory was given');
		const root = values.root ?? (events === undefined ? installation : dirname(resolve(events)));
		return { root: resolve(root), config: values.config === undefined ? undefined : resolve(values.config) };
	} catch (thrown) {
		throw problem(
			'usage',
			`cannot read the arguments: ${recordOf(thrown).message}`,
			'use: karen [--root DIR] [--config FILE]',
		);
	}
}

function requireRoot(root: string): void {
	if (existsSync(join(root, 'info.json')) && existsSync(join(root, 'events'))) return;
	throw problem(
		'root-missing',
		`cannot watch ${root}: it lacks info.json or events/`,
		'name a root with --root DIR, or create one with signalbox init',
		{
			facts: { root },
		},
	);
}

async function requireSettings({ root, config }: Asked): Promise<Settings> {
	const asked = await askSettings(root, config);
	if (asked.kind === 'settings') return asked.settings;
	throw problem(asked.error.code, asked.error.message, asked.error.hint, asked.error);
}

function requireLock({ karenLock }: Layout): KarenLock {
	const lock = KarenLock.take(karenLock, PATIENCE);
	if (lock !== undefined) return lock;
	throw problem(
		'busy',
		'cannot start: another karen watches this root',
		'stop the other karen first if you want to replace it',
		{
			retry: 'later',
			facts: { karenLock },
		},
	);
}

/** Exits if another karen holds the lock now. It changes nothing, because the other karen is in charge. */
function exitIfLockLost(lock: KarenLock, log: Log): void {
	switch (lock.verify()) {
		case 'held':
			return;
		case 'restored':
			log.warn('the lock file was removed and has been restored');
			return;
		case 'lost':
			log.problem(
				problem(
					'busy',
					'cannot continue: another karen watches this root',
					'nothing needs to be done: the lock file was removed and the other karen took over',
				).record,
			);
			process.exit(exitCodeOf('busy'));
	}
}

/** Hooks find karen by its process title, so it is set if the command line does not contain it. */
function setProcessTitle(): void {
	if (!readFileSync('/proc/self/cmdline', 'latin1').includes(TITLE)) process.title = TITLE;
}

/**
 * A user who can write to the code can become root. This is only logged: real hooks give the whole tree away.
 */
function warnAboutUntrustedWriter(log: Log): void {
	const writer = findUntrustedWriter(programPath('karen'), [process.geteuid?.() ?? 0]);
	if (writer !== undefined) log.warn('another user can change code that runs as root', { hole: writer });
}

async function reload(karen: Karen, asked: Asked, log: Log): Promise<void> {
	const read = await askSettings(asked.root, asked.config);
	switch (read.kind) {
		case 'settings':
			karen.reload(read.settings);
			log.info('reloaded the configuration');
			break;
		case 'refused':
			log.problem(read.error, { what: 'the previous configuration stays in force' });
			break;
	}
}

async function main(): Promise<void> {
	setProcessTitle();
	process.umask(0o022);
	const asked = readArguments(process.argv.slice(2));
	requireRoot(asked.root);
	// The process that reads the settings and the rest of this program start side by side.
	const reading = requireSettings(asked);
	const loading = Promise.all([import('./karen.ts'), import('../../system/log.ts')]);
	const settings = await reading;
	const [{ Karen }, { openLog }] = await loading;
	prepareState(settings.layout);
	const lock = requireLock(settings.layout);
	const log = openLog({ program: 'karen', file: settings.layout.log, stderr: 'stderr' });
	process.chdir('/');
	const exitIfReplaced = () => exitIfLockLost(lock, log);
	const karen = new Karen(settings, systemClock, log, exitIfReplaced);
	const stop = () => {
		exitIfReplaced();
		karen.stop();
		log.info('stopped');
		lock.release();
		process.exit(0);
	};
	for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
	process.on('SIGHUP', () => {
		reload(karen, asked, log).catch((thrown: unknown) => log.problem(recordOf(thrown)));
	});
	process.on('uncaughtException', (thrown) => {
		log.problem(recordOf(thrown), { stack: thrown.stack ?? '' });
		process.exit(exitCodeOf('internal'));
	});
	warnAboutUntrustedWriter(log);
	karen.start(installedVersion());
	// Written now, because a killed karen would not write it and the next start would be slow.
	flushCompileCache();
	log.info('watching', {
		root: settings.layout.root,
		state: settings.layout.state,
		config: settings.configFile,
	});
}

try {
	await main();
} catch (thrown) {
	const { code, message, hint } = recordOf(thrown);
	process.stderr.write(`${message}\n${hint}\n`);
	process.exitCode = exitCodeOf(code);
}
