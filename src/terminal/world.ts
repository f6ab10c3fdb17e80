/** The outside world of a command: streams, terminal, clock, Ctrl-C. Tests pass their own. */
import { createInterface } from 'node:readline/promises';
import { type Clock, systemClock } from '../system/clock.ts';

/** One of the two streams a command writes to. */
export interface Sink {
	write(text: string): void;
	/** Whether it is a terminal: nothing decorative is written elsewhere. */
	readonly terminal: 'yes' | 'no';
	/** Its current width in characters. */
	columns(): number;
}

export interface World {
	/** Results. */
	readonly out: Sink;
	/** Progress, warnings, errors. */
	readonly err: Sink;
	/** Asks the user at the terminal; undefined without a terminal or at the end of the input. */
	readonly ask: (question: string) => Promise<string | undefined>;
	/** As `ask`, without echo. */
	readonly askSecret: (question: string) => Promise<string | undefined>;
	readonly clock: Clock;
	readonly cwd: string;
	readonly uid: number;
	/** Aborted by Ctrl-C, TERM or HUP. */
	readonly interrupted: AbortSignal;
}

/** Returns the world of this process. From then on Ctrl-C only aborts `interrupted`. */
export function systemWorld(): World {
	const interrupt = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
		process.on(signal, () => interrupt.abort(signal));
	// A reader that ends early (`signalbox logs | head`) is not an error.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
	return {
		out: sinkOf(process.stdout),
		err: sinkOf(process.stderr),
		ask,
		// Loaded on demand: most commands never ask.
		askSecret: async (question) => (await import('./ask-secret.ts')).askSecret(question),
		clock: systemClock,
		cwd: process.cwd(),
		uid: process.getuid?.() ?? 0,
		interrupted: interrupt.signal,
	};
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
	return {
		write: (text) => void stream.write(text),
		terminal: stream.isTTY ? 'yes' : 'no',
		columns: () => stream.columns ?? 80,
	};
}

async function ask(question: string): Promise<string | undefined> {
	if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
	try {
		return await Promise.race([lines.question(question), ended]);
	} finally {
		lines.close();
	}
}
