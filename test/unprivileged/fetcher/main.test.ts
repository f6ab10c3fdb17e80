/** The fetcher alone, over its two pipes: a failed order does not affect the others. */
import { spawn } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import {
	type FetchOrder,
	type FetchSettings,
	type Frame,
	FrameReader,
} from '../../../src/model/publication/fetch-protocol.ts';
import { answeringServer } from '../../box/sources/servers.ts';
import { builtProgram } from '../../programs.ts';
import { until } from '../../until.ts';

const PROGRAM = builtProgram('fetcher');
const LONG = 60_000;
const SETTINGS: FetchSettings = {
	proxy: null,
	redirects: [],
	certificates: null,
	limits: { connect: LONG, answer: LONG, idle: LONG, rate: 1, window: LONG },
	parallel: 4,
};
const MUCH = 64 * 1024 * 1024;
/** Milliseconds until a closed connection is noticed. */
const MOMENT = 500;

test('survives a server that hangs up while nothing reads the fetcher’s output', async () => {
	const answers = new Map<string, ServerResponse>();
	const port = await answeringServer((request, response) => {
		answers.set(request.url ?? '', response.writeHead(200, { 'content-length': MUCH }));
		if (request.url === '/whole') response.end(Buffer.alloc(MUCH));
		else response.write('the beginning');
	});
	const child = spawn(process.execPath, ['--no-warnings', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
	onTestFinished(() => void child.kill('SIGKILL'));
	const tell = (line: FetchSettings | FetchOrder) => child.stdin.write(`${JSON.stringify(line)}\n`);
	const order = (id: number, path: string) =>
		tell({ id, url: `http://127.0.0.1:${port}${path}`, from: 0, etag: null, limit: MUCH });
	tell(SETTINGS);
	order(1, '/whole');
	await until(
		'the pipe to be full',
		standsStill(() => answers.get('/whole')?.socket?.bytesWritten),
	);
	order(2, '/broken');
	await until('the second order to be at the server', () => answers.has('/broken'));
	await sleep(MOMENT);
	answers.get('/broken')?.destroy();
	await sleep(MOMENT);

	const ended = new Promise((resolve) => child.once('exit', resolve));
	const frames: Frame[] = [];
	const reader = new FrameReader();
	child.stdout.on('data', (piece: Buffer) => void frames.push(...reader.take(piece)));
	const endOf = (id: number) =>
		frames.find((frame) => (frame.kind === 'end' || frame.kind === 'fault') && frame.id === id);
	await until(
		'both orders to end, or the fetcher',
		() => (endOf(1) && endOf(2)) || child.exitCode !== null || child.signalCode !== null,
	);
	expect(endOf(1)).toEqual({ kind: 'end', id: 1 });
	expect(endOf(2)).toEqual({ kind: 'fault', id: 2, fault: { kind: 'cut', why: '' } });
	child.stdin.end();
	expect(await ended).toBe(0);
});

/** Returns whether a count above 0 has been stable for a moment. */
function standsStill(look: () => number | undefined): () => boolean {
	let seen = { count: 0, at: performance.now() };
	return () => {
		const count = look() ?? 0;
		if (count !== seen.count) seen = { count, at: performance.now() };
		return count > 0 && performance.now() - seen.at > MOMENT;
	};
}
