/**
 * Runs git through simple-git for remotes. Adds what simple-git lacks: a time limit for the whole run,
 * bounded output, and no surviving descendants (docs/decisions/0025). objects.ts reads objects in bulk
 * without it.
 */
import type { Readable } from 'node:stream';
import { GitPluginError, type SimpleGit, type SimpleGitOptions, simpleGit } from 'simple-git';
import { randomHex, systemClock } from '../clock.ts';
import { endProcessesWith } from '../process/group.ts';
import { type ToolEnd, toolMissing } from '../process/run-tool.ts';

export interface GitRun {
	/** The whole environment of git. */
	readonly env: Readonly<Record<string, string>>;
	/** git settings, each as `key=value`. */
	readonly settings: readonly string[];
	/** The command that starts git: its name alone, or preceded by that of its sandbox. */
	readonly words: readonly string[];
	/** An existing directory. */
	readonly cwd: string;
	/** Time limit of the whole run in milliseconds. */
	readonly timeout: number;
	/** Aborting kills git and all its descendants. */
	readonly signal?: AbortSignal | undefined;
	/** Input on git's stdin; not empty. */
	readonly input?: string | undefined;
	/** Called with each piece of stderr, where git prints its progress. */
	readonly onStderr?: ((piece: string) => void) | undefined;
}

/** Maximum bytes of stdout, and of stderr, per run: simple-git keeps both in memory. */
const OUTPUT_MAX = 64 * 1024 * 1024;
/** Maximum bytes of stderr in the result. */
const STDERR_KEPT = 2000;
/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 2000;
/** Milliseconds to wait for output after git exited: a descendant may hold its pipes open. */
const LAST_WORDS = 1000;
/** An environment variable that marks one run and all its descendants. */
const MARK = 'SIGNALBOX_GIT_RUN';

/**
 * simple-git refuses these settings because user input could reach them. Here each has a constant value that
 * makes git safer (command.ts), except the sandbox, which sandbox.ts builds from numbers.
 */
const UNSAFE: NonNullable<SimpleGitOptions['unsafe']> = {
	allowUnsafeAskPass: true,
	allowUnsafeConfigPaths: true,
	allowUnsafeCredentialHelper: true,
	allowUnsafeCustomBinary: true,
	allowUnsafeFsMonitor: true,
	allowUnsafeHooksPath: true,
	allowUnsafePack: true,
	allowUnsafeProtocolOverride: true,
	allowUnsafeTemplateDir: true,
};

/** How a run ended, for the error: simple-git reports only what git printed. */
interface Seen {
	exitCode: number | null;
	stderr: string;
}

/**
 * Runs one git command through `act` and returns its stdout. Git leads its own session, without a terminal to
 * ask for passwords. Once it returns or throws, git and all its descendants are gone. Throws `tool-missing`.
 */
export async function runGit(run: GitRun, act: (git: SimpleGit) => PromiseLike<string>): Promise<ToolEnd> {
	const binary = launcher(run.words);
	const mark = `${MARK}=${randomHex(16)}`;
	const stop = new AbortController();
	let timedOut = false;
	const end = () => {
		stop.abort();
		// simple-git interrupts only its child: helpers (ssh, git-remote-https) continue and hold its output
		// open.
		void endProcessesWith([mark], GRACE, systemClock);
	};
	const limit = setTimeout(() => {
		timedOut = true;
		end();
	}, run.timeout);
	if (run.signal?.aborted === true) end();
	run.signal?.addEventListener('abort', end, { once: true });
	const seen: Seen = { exitCode: 0, stderr: '' };
	try {
		const git = configure({ run, binary, mark, abort: stop.signal, seen }).outputHandler(
			(_command, stdout, stderr) => {
				bound(stdout as Readable, end);
				bound(stderr as Readable, end);
				stderr.on('data', (piece: Buffer) => run.onStderr?.(piece.toString('utf8')));
			},
		);
		return { kind: 'done', stdout: await act(git) };
	} catch (thrown) {
		if (timedOut) return { kind: 'timed-out', stderr: seen.stderr };
		return failed(seen, thrown);
	} finally {
		clearTimeout(limit);
		run.signal?.removeEventListener('abort', end);
		await endProcessesWith([mark], 0, systemClock);
	}
}

interface Configured {
	readonly run: GitRun;
	readonly binary: [string, string];
	readonly mark: string;
	readonly abort: AbortSignal;
	readonly seen: Seen;
}

function configure({ run, binary, mark, abort, seen }: Configured): SimpleGit {
	const env = { ...run.env, [MARK]: mark.slice(MARK.length + 1) };
	const { input } = run;
	return simpleGit({
		baseDir: run.cwd,
		binary,
		config: [...run.settings],
		allowEnvironment: Object.keys(env),
		unsafe: UNSAFE,
		abort,
		completion: { onExit: LAST_WORDS },
		maxConcurrentProcesses: 1,
		// Otherwise a run that was killed, or failed without output, would count as successful.
		errors(error, { exitCode, stdErr }) {
			seen.exitCode = exitCode;
			seen.stderr = Buffer.concat(stdErr).toString('utf8').slice(-STDERR_KEPT);
			return exitCode === 0 ? error : (error ?? new Error(`git ended with ${exitCode ?? 'a signal'}`));
		},
		...(input === undefined ? {} : { input: () => input }),
	}).env(env);
}

/** `binary` is a program and one argument, which `env -S` splits into the sandbox's command. */
function launcher(words: readonly string[]): [string, string] {
	if (words.some((word) => !/^[\w=/.-]+$/.test(word)))
		throw new Error(`cannot start git: a word of its sandbox needs quotes: ${words.join(' ')}`);
	return ['env', `-Ssetsid ${words.join(' ')}`];
}

function bound(stream: Readable, end: () => void): void {
	let bytes = 0;
	stream.on('data', (piece: Buffer) => {
		bytes += piece.length;
		if (bytes > OUTPUT_MAX) end();
	});
}

/** What env, setsid, setpriv and prlimit print about a missing program before they exit with 127. */
const MISSING = /failed to execute ([\w-]+): No such file|^env: \W?([\w-]+)\W?: No such file/;

function failed({ exitCode, stderr }: Seen, thrown: unknown): ToolEnd {
	if (exitCode === -2) throw toolMissing('env');
	const [, program, first] = exitCode === 127 ? (MISSING.exec(stderr) ?? []) : [];
	if (program !== undefined || first !== undefined) throw toolMissing(program ?? first ?? 'git');
	const why = thrown instanceof GitPluginError || stderr === '' ? String(thrown) : stderr;
	return { kind: 'failed', exitCode: exitCode ?? -1, stdout: '', stderr: why };
}
