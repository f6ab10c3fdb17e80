/**
 * From starting karen, with one signal waiting, to the first instruction of its trigger; beside the start of
 * an empty Node process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compare, type Line } from '../line.ts';
import { shuffled } from '../measure/random.ts';
import type { Round } from '../measure/ratio.ts';
import { cleanEnvironment } from '../peers/process.ts';
import { monotonic } from '../peers/stamps.ts';
import { signalPath, touch } from '../peers/station.ts';
import type { Watcher } from '../peers/watcher.ts';

export const start: Line = {
	name: 'start',
	limit: 120,
	async measure(bench) {
		const karen = bench.watcher({ name: 'karen', parallel: 8 });
		karen.launch();
		await karen.ready();
		const rounds: Round[] = [];
		const control: Round[] = [];
		const starts = { karen: () => startKaren(karen), node: startEmptyNode, again: startEmptyNode };
		await startEmptyNode();
		for (let round = 0; round < bench.rounds(10, 5); round++) {
			const took = { karen: Number.NaN, node: Number.NaN, again: Number.NaN };
			for (const side of shuffled(['karen', 'node', 'again'] as const, bench.random))
				took[side] = await starts[side]();
			rounds.push({ ours: [took.karen], peer: [took.node] });
			control.push({ ours: [took.again], peer: [took.node] });
		}
		return [
			compare(
				{ metric: 'start', sides: 'karen ÷ empty Node', unit: 'ms', goal: 4, share: 0.5, rounds, control },
				bench.random,
			),
		];
	},
};

async function startKaren(karen: Watcher): Promise<number> {
	await karen.stop();
	const { stamps } = karen.station;
	const before = stamps.all.length;
	touch(signalPath(karen.station, 'app', 'ready'));
	const began = karen.launch();
	await stamps.until((all) => all.length > before, 15_000);
	await stamps.quiet(200, 5000);
	const first = stamps.all[before];
	if (first === undefined) throw new Error('karen started without running the signal that waited');
	return first.at - began;
}

/** Returns the milliseconds until the first statement of a Node process runs. */
async function startEmptyNode(): Promise<number> {
	const began = monotonic();
	const node = spawn(process.execPath, ['-e', 'process.stdout.write(String(process.hrtime.bigint()))'], {
		env: cleanEnvironment(),
		stdio: ['ignore', 'pipe', 'ignore'],
		timeout: 15_000,
	});
	let printed = '';
	node.stdout.setEncoding('latin1').on('data', (text) => {
		printed += String(text);
	});
	await once(node, 'close');
	return Number(printed) / 1e6 - began;
}
