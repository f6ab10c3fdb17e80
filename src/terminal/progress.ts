/** Progress of long work: a line that is redrawn on a terminal, elsewhere a line for each new description. */
import { oneLine } from './print.ts';
import type { Sink } from './world.ts';

export interface ProgressLine {
	/** Shows the progress (1 to 100) and the current activity. */
	show(progress: number, text: string): void;
	/** Clears the line on a terminal, so that later output starts at the left. */
	clear(): void;
}

const BAR = 24;
const ERASE = '\r\u001B[2K';

export function progressOn(sink: Sink): ProgressLine {
	return sink.terminal === 'yes' ? redrawnLine(sink) : plainLines(sink);
}

function redrawnLine(sink: Sink): ProgressLine {
	let drawn = '';
	return {
		show(progress, text) {
			const line = barLine(progress, text, sink.columns() - 1);
			if (line !== drawn) sink.write(`${ERASE}${line}`);
			drawn = line;
		},
		clear() {
			if (drawn !== '') sink.write(ERASE);
			drawn = '';
		},
	};
}

/** Returns a line with a bar, the percentage and as much of the text as fits into `width` characters. */
export function barLine(progress: number, text: string, width: number): string {
	const done = Math.floor((Math.min(100, Math.max(0, progress)) / 100) * BAR);
	return `[${'#'.repeat(done)}${'-'.repeat(BAR - done)}] ${String(Math.round(progress)).padStart(3)} %  ${oneLine(text)}`.slice(
		0,
		width,
	);
}

function plainLines(sink: Sink): ProgressLine {
	let said = '';
	return {
		show(progress, text) {
			if (text !== said) sink.write(`${String(Math.round(progress)).padStart(3)} %  ${oneLine(text)}\n`);
			said = text;
		},
		clear: () => undefined,
	};
}
