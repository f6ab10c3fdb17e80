/** The manager: a small unprivileged HTTP server. It serves what root publishes, and touches signals. */
import { existsSync } from 'node:fs';
import { type ErrorRecord, problem } from '../../model/base/error.ts';
import { type Layout, layoutOf } from '../../model/base/layout.ts';
import { type Clock, systemClock } from '../../system/clock.ts';
import { installedVersion } from '../../system/process/version.ts';
import { bodyOf } from './http/body.ts';
import { listenOn } from './http/listen.ts';
import { addressText, type ListenAddress, type Protection, requireLocal } from './http/listen-address.ts';
import { makeServer, type ServerParts } from './http/server.ts';
import { LIMITS, type Limits } from './limits.ts';
import { Checks } from './requests/checks.ts';
import { Starts } from './requests/starts.ts';
import { StatusAnswer } from './status/answer.ts';
import { openBox } from './status/box.ts';
import { KarenPresence } from './status/karen-presence.ts';
import { StatusFile } from './status/status-file.ts';

export interface ManagerOptions {
	readonly root: string;
	readonly listen: ListenAddress;
	/** Default: `local-only`. */
	readonly protection?: Protection;
	/** The name in "Your Umbrel is up-to-date". Default: the first word of the installed release's name. */
	readonly legacyName?: string | undefined;
	/** Receives internal errors. Default: one line of JSON each on stderr. */
	readonly tell?: (error: ErrorRecord) => void;
	readonly clock?: Clock;
	readonly limits?: Partial<Limits>;
}

export interface Manager {
	/** `http://127.0.0.1:3006` or `unix:PATH`, with the real port where port 0 was requested. */
	readonly address: string;
	/** Ends all waits, answers pending requests and releases the address. May be called twice. */
	close(): Promise<void>;
}

/**
 * Starts the manager and returns once it listens. Reads no configuration and no network. Throws
 * `root-missing`, `config-unsafe` (an address that other machines can reach), `busy`, `usage`, `io-error`.
 */
export async function startManager(options: ManagerOptions): Promise<Manager> {
	requireLocal(options.listen, options.protection ?? 'local-only');
	// The manager never reads root's state directory.
	const layout = layoutOf(options.root, `${options.root}/.signalbox`);
	requireRoot(layout);
	const limits = { ...LIMITS, ...options.limits };
	const stop = new AbortController();
	const app = makeServer(partsOf(options, layout, limits, stop.signal));
	const bound = await listenOn(app, options.listen);
	let closed: Promise<void> | undefined;
	const end = async () => {
		stop.abort();
		const force = setTimeout(() => app.server.closeAllConnections(), limits.grace);
		await app.close();
		clearTimeout(force);
	};
	return {
		address: addressText(bound),
		close: () => {
			closed ??= end();
			return closed;
		},
	};
}

function requireRoot(layout: Layout): void {
	if (existsSync(layout.events) || existsSync(layout.info)) return;
	throw problem(
		'root-missing',
		`cannot serve ${layout.root}: it has no info.json and no events/`,
		'name the root with --root DIR',
		{
			facts: { root: layout.root },
		},
	);
}

function partsOf(
	options: ManagerOptions,
	layout: Layout,
	limits: Limits,
	stopping: AbortSignal,
): ServerParts {
	const clock = options.clock ?? systemClock;
	const box = openBox(layout, clock);
	const presence = new KarenPresence(box.karen, clock);
	const checks = new Checks(box, layout, clock, limits, stopping);
	const status = new StatusFile(box.updateStatus, clock);
	const starts = new Starts({ layout, box, checks, status, presence, clock, limits, stopping });
	const tell = options.tell ?? tellStderr;
	return {
		ping: bodyOf({ version: `signalbox-manager-${installedVersion()}` }),
		own: { checks, starts, status: new StatusAnswer(box, presence, clock) },
		legacy: { box, checks, starts, status, name: options.legacyName, tell },
		tell,
		stopping,
	};
}

function tellStderr(error: ErrorRecord): void {
	process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level: 'error', ...error })}\n`);
}
