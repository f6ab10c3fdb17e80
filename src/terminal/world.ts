/** What a command has to do with the world: handed in, so that tests hand in their own. */
import { createInterface } from 'node:readline/promises';
import { type Clock, systemClock } from '../system/clock.ts';

/** One of the two streams a command writes to. */
export interface Sink {
	write(text: string): void;
	/** Whether a person looks at it: nothing decorative is written where none does. */
	readonly terminal: 'yes' | 'no';
	/** Its width in characters, read anew at each look. */
	columns(): number;
}

export interface World {
	/** Results. */
	readonly out: Sink;
	/** Talk: progress, warnings, errors. */
	readonly err: Sink;
	/** Asks the person at the terminal; undefined when there is none or the input ended. */
	readonly ask: (question: string) => Promise<string | undefined>;
	/** As ask, for what must not be seen. */
	readonly askSecret: (question: string) => Promise<string | undefined>;
	readonly clock: Clock;
	readonly cwd: string;
	readonly uid: number;
	/** Aborted by Ctrl-C, TERM or HUP. */
	readonly interrupted: AbortSignal;
}

/** Returns the world of this very process. From here on Ctrl-C aborts `interrupted` and ends nothing by itself. */
export function systemWorld(): World {
	const interrupt = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
		process.on(signal, () => interrupt.abort(signal));
	// A reader that leaves early (`signalbox logs | head`) is no defect of ours.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
	return {
		out: sinkOf(process.stdout),
		err: sinkOf(process.stderr),
		ask,
		// Loaded when somebody is to be asked: most commands never do.
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
