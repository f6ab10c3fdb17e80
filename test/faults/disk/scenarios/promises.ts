/**
 * Loaded before the updater: puts a mark into the recorded disk's log for everything that the updater stands
 * by. `fact N …`: a line of the journal was synced. `told FILE STATE`: an end was published in `statuses/`,
 * where everybody can read it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const control = process.env['PROMISES_TO'] ?? '';
const ENDS: readonly string[] = ['success', 'committed', 'failed', 'rolled-back'];

const { writeSync, fsyncSync, renameSync, writeFileSync, readFileSync } = fs;
const unsynced = new Map<number, string>();

fs.writeSync = ((fd: number, data: string | Uint8Array, ...rest: number[]) => {
	const written = writeSync(fd, data as Uint8Array, ...rest);
	const fact = factIn(Buffer.from(data as Uint8Array).toString('utf8'));
	if (fact !== undefined) unsynced.set(fd, fact);
	return written;
}) as typeof fs.writeSync;

fs.fsyncSync = (fd) => {
	fsyncSync(fd);
	const fact = unsynced.get(fd);
	if (fact !== undefined) mark(`fact ${fact}`);
	unsynced.delete(fd);
};

fs.renameSync = (from, to) => {
	renameSync(from, to);
	const name = basename(String(to));
	if (name !== 'update-status.json' && name !== 'change.json') return;
	const { state } = JSON.parse(readFileSync(to, 'utf8')) as { state: string };
	if (ENDS.includes(state)) mark(`told ${name} ${state}`);
};

syncBuiltinESMExports();

/**
 * Returns number, event and step of a journal's line, or undefined for any other text, a whole journal among
 * it.
 */
function factIn(text: string): string | undefined {
	if (!/^[0-9a-f]{8} \{"event":.*\n$/.test(text)) return undefined;
	const { seq, event, step } = JSON.parse(text.slice(9)) as { seq: number; event: string; step?: string };
	return [seq, event, ...(step === undefined ? [] : [step])].join(' ');
}

function mark(text: string): void {
	writeFileSync(control, `mark ${text}`);
}
