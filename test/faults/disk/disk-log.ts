/**
 * The log of a recorded disk (blklog.c): all that reached it, in its order, with the marks that programs put
 * in between.
 */

export type DiskEvent =
	| { readonly kind: 'write'; readonly offset: number; readonly data: Buffer }
	| { readonly kind: 'flush' }
	| { readonly kind: 'mark'; readonly text: string };

const HEADER = 16;

/** Returns the events of a log; a record that is not whole ends it. */
export function decodeLog(log: Buffer): readonly DiskEvent[] {
	const events: DiskEvent[] = [];
	for (let at = 0; at + HEADER <= log.length; ) {
		const length = log.readUInt32LE(at + 4);
		const data = log.subarray(at + HEADER, at + HEADER + length);
		if (data.length < length) break;
		events.push(eventOf(log.readUInt32LE(at), Number(log.readBigUInt64LE(at + 8)), data));
		at += HEADER + length;
	}
	return events;
}

function eventOf(kind: number, offset: number, data: Buffer): DiskEvent {
	if (kind === 1) return { kind: 'write', offset, data };
	if (kind === 2) return { kind: 'flush' };
	if (kind === 3) return { kind: 'mark', text: data.toString('utf8').trim() };
	throw new Error(`the disk's log holds a record of kind ${kind}`);
}

/** Returns the marks before the cut, oldest first. */
export function marksBefore(events: readonly DiskEvent[], at: number): readonly string[] {
	return events.slice(0, at).flatMap((event) => (event.kind === 'mark' ? [event.text] : []));
}

/** Returns the events around a cut, a line each, for people. */
export function around(events: readonly DiskEvent[], at: number, width = 6): readonly string[] {
	const from = Math.max(0, at - width);
	return events
		.slice(from, at + width)
		.map((event, index) => `${from + index < at ? ' ' : '>'} ${from + index} ${lineOf(event)}`);
}

function lineOf(event: DiskEvent): string {
	switch (event.kind) {
		case 'write':
			return `write ${event.data.length} at ${event.offset}${wordsIn(event.data)}`;
		case 'flush':
			return 'flush';
		case 'mark':
			return `mark ${event.text}`;
	}
}

/** A look at what text a write holds: it tells which file it was of. */
function wordsIn(data: Buffer): string {
	const text = data.subarray(0, 120).toString('latin1');
	return /^[\t\n -~]{24}/.test(text) ? ` ${JSON.stringify(text.slice(0, 60))}` : '';
}
