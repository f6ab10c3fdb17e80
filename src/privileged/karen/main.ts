/**
 * karen, the watcher that runs as root: `main.ts [--root DIR] [--config FILE] [EVENTS]`. EVENTS is what karens of older systems
 * were given: the `events` directory of a root. TERM and INT end her, HUP makes her read the configuration again.
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
import type { Settings } from '../../system/files/config-file.ts';
import type { Log } from '../../system/log.ts';
import { installation, programPath } from '../../system/process/program.ts';
import { installedVersion } from '../../system/process/version.ts';
import { prepareState } from '../access/trusted-parents.ts';
import type { Karen } from './karen.ts';
import { KarenLock } from './lock.ts';
import { askSettings } from './settings.ts';

/** How hooks of real releases find karen: `pkill -f "\./karen"`. */
const TITLE = './karen';
/** Milliseconds to wait for a karen that is just ending: hooks stop one and start the next in one breath. */
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
		if (more.length > 0) throw new Error('there is more than one directory');
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
		`cannot watch ${root}: info.json and events/ are not both there`,
		'name a root with --root DIR, or make one with signalbox init',
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
		'cannot start: another karen looks after this root',
		'stop it first, or leave it be',
		{
			retry: 'later',
			facts: { karenLock },
		},
	);
}

/** Ends this karen when another one has her lock: she leaves it all as it is, for it is the other one's now. */
function stayAlone(lock: KarenLock, log: Log): void {
	switch (lock.keep()) {
		case 'kept':
			return;
		case 'put back':
			log.warn('the file of the lock was removed: put back');
			return;
		case 'lost':
			log.problem(
				problem(
					'busy',
					'cannot go on: another karen looks after this root',
					'nothing needs to be done; the file of the lock was removed',
				).record,
			);
			process.exit(exitCodeOf('busy'));
	}
}

/** The name in the list of processes is what hooks look for; started by another command line it is given to this one. */
function setProcessTitle(): void {
	if (!readFileSync('/proc/self/cmdline', 'latin1').includes(TITLE)) process.title = TITLE;
}

/** Whoever may write the code can become root by it. Only told: hooks of real releases give the whole tree away. */
function tellOfHole(log: Log): void {
	const hole = findUntrustedWriter(programPath('karen'), [process.geteuid?.() ?? 0]);
	if (hole !== undefined) log.warn('other users can change what runs as root here', { hole });
}

async function reload(karen: Karen, asked: Asked, log: Log): Promise<void> {
	const read = await askSettings(asked.root, asked.config);
	switch (read.kind) {
		case 'settings':
			karen.reload(read.settings);
			log.info('read the configuration again');
			break;
		case 'refused':
			log.problem(read.error, { what: 'the configuration before it stays in force' });
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
	const stayAloneHere = () => stayAlone(lock, log);
	const karen = new Karen(settings, systemClock, log, stayAloneHere);
	const stop = () => {
		stayAloneHere();
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
	tellOfHole(log);
	karen.start(installedVersion());
	// Kept now: a karen that is killed would keep nothing, and the next one would strip all types again.
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
