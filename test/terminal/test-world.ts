/** A world for commands: streams in memory, prepared answers, and an interrupt that a test triggers. */

import { systemClock } from '../../src/system/clock.ts';
import { runCommand } from '../../src/terminal/run-command.ts';
import type { Sink, World } from '../../src/terminal/world.ts';
import { SIGNALBOX } from '../../src/unprivileged/operator/subcommands.ts';

export interface TestWorld extends World {
	readonly said: { out: string; err: string };
	interrupt(): void;
}

export interface Circumstances {
	readonly terminal?: 'yes' | 'no';
	/** The answers at the terminal, in order; undefined: there is no terminal. */
	readonly answers?: readonly string[];
	readonly cwd?: string;
	readonly uid?: number;
	readonly columns?: number;
	/** The fixed time of the clock. */
	readonly now?: number;
}

export function testWorld(circumstances: Circumstances = {}): TestWorld {
	const {
		terminal = 'no',
		answers = [],
		cwd = '/',
		uid = process.getuid?.() ?? 0,
		columns = 80,
		now,
	} = circumstances;
	const said = { out: '', err: '' };
	const left = [...answers];
	const pressed = new AbortController();
	const sink = (name: 'out' | 'err'): Sink => ({
		write: (text) => {
			said[name] += text;
		},
		terminal,
		columns: () => columns,
	});
	return {
		said,
		out: sink('out'),
		err: sink('err'),
		ask: async () => left.shift(),
		askSecret: async () => left.shift(),
		clock: now === undefined ? systemClock : { ...systemClock, now: () => now },
		cwd,
		uid,
		interrupted: pressed.signal,
		interrupt: () => pressed.abort(),
	};
}

export interface Ran {
	readonly exit: number;
	readonly out: string;
	readonly err: string;
	/** stdout, parsed as one JSON object. */
	json(): Record<string, unknown>;
}

/** Runs the command in this process. */
export async function signalbox(words: readonly string[], world: TestWorld = testWorld()): Promise<Ran> {
	const exit = await runCommand(words, SIGNALBOX, world);
	return { exit, ...world.said, json: () => JSON.parse(world.said.out) };
}
