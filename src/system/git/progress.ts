/** Parses git's progress output. */

export interface GitProgress {
	/** 0 to 100. */
	readonly percent: number;
	/** Bytes received so far. git reports them about twice a second, starting after half a second. */
	readonly bytes: number;
}

/**
 * git prints `Receiving objects: 45% (9/20), 12.34 MiB | 3.20 MiB/s`, and ends each line with a carriage
 * return.
 */
const LINE = /^Receiving objects:\s+(\d+)% \(\d+\/\d+\)(?:, (\d+(?:\.\d+)?) (bytes|[KMG]iB))?/;
/** Maximum characters kept of an unfinished line: a remote may send lines without an end. */
const LINE_MAX = 1024;

/** Returns a parser for git's stderr. Pieces may end inside a line. */
export function progressReader(onProgress: (progress: GitProgress) => void): (piece: string) => void {
	let unfinished = '';
	let bytes = 0;
	return (piece) => {
		const lines = (unfinished + piece).split(/[\r\n]/);
		unfinished = (lines.pop() ?? '').slice(-LINE_MAX);
		const last = lines.map((line) => LINE.exec(line)).findLast((found) => found !== null);
		if (last === undefined || last === null) return;
		const [, percent, size, unit] = last;
		if (size !== undefined) bytes = Math.round(Number(size) * (UNITS[unit ?? ''] ?? 1));
		onProgress({ percent: Number(percent), bytes });
	};
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
