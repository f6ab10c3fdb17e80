/**
 * Downloads files for the updater, which is root: orders on standard input, frames on standard output
 * (model/publication/fetch-protocol.ts). The updater starts it in a sandbox; it ends when its input ends.
 */
import { createInterface } from 'node:readline';
import type { FetchOrder, FetchSettings, StopOrder } from '../../model/publication/fetch-protocol.ts';
import { get } from './get.ts';
import { Web } from './http.ts';
import { Output } from './output.ts';

process.umask(0o077);
const output = new Output(() => process.exit(1));
const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })[
	Symbol.asyncIterator
]();
await output.write({ kind: 'ready' });

const first = await lines.next();
if (first.done === true) process.exit(0);
// Unchecked: only the updater writes to this input.
const settings = JSON.parse(first.value) as FetchSettings;
const web = new Web(settings);
const running = new Map<number, AbortController>();

function take(line: FetchOrder | StopOrder): void {
	if ('stop' in line) {
		running.get(line.stop)?.abort();
		return;
	}
	const stop = new AbortController();
	running.set(line.id, stop);
	void get(line, settings.limits, web, output, stop.signal).finally(() => running.delete(line.id));
}

for (;;) {
	const line = await lines.next();
	if (line.done === true) process.exit(0);
	take(JSON.parse(line.value) as FetchOrder | StopOrder);
}
