/**
 * Judges points of a recording: `worker.ts NUMBER RECORDING POINT…`, in a mount namespace of its own. Prints
 * a verdict a line, as JSON.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Trial } from '../../result.ts';
import { type CutPoint, parsePoint, spellPoint } from '../cuts/cut-point.ts';
import { DiskImage } from '../disk-image.ts';
import { around, marksBefore } from '../disk-log.ts';
import { endWithParent, mountDisk, unmount } from '../mounting.ts';
import { type OpenRecording, openRecording } from '../recording.ts';
import { type Care, THOROUGH } from './scenario.ts';
import { scenarioCalled } from './scenarios.ts';

/** One point takes no longer than this, in milliseconds. */
const LIMIT = 180_000;

/** What a worker says of a point. */
export interface Judged extends Trial {
	readonly point: string;
	/** The disk's log around the cut, of a wrong end. */
	readonly around: readonly string[];
}

async function judge(
	recording: OpenRecording,
	image: DiskImage,
	point: CutPoint,
	care: Care,
): Promise<Trial> {
	const file = join(recording.dir, `cut-${worker}.img`);
	const { mountedAt, options, known, events } = recording;
	image.writeAt(point, file);
	try {
		await mountDisk(file, mountedAt, options);
		try {
			return await limited(
				scenarioCalled(recording.scenario).judge(mountedAt, marksBefore(events, point.at), known, care),
			);
		} finally {
			await unmount(mountedAt);
		}
	} catch (thrown) {
		return {
			wrong: [thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)],
			recovery: null,
			lost: 0,
		};
	} finally {
		rmSync(file, { force: true });
	}
}

async function limited<T>(work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no end within ${LIMIT / 1000} s`)), LIMIT);
	});
	return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

endWithParent();
const [worker = '', dir = '', ...texts] = process.argv.slice(2);
const recording = openRecording(dir);
mkdirSync(recording.mountedAt, { recursive: true });
const image = new DiskImage(recording.base, recording.events);
for (const [index, point] of texts.flatMap((text) => parsePoint(text) ?? []).entries()) {
	const verdict = await judge(recording, image, point, index % THOROUGH === 0 ? 'thorough' : 'quick');
	const judged: Judged = {
		point: spellPoint(point),
		...verdict,
		around: verdict.wrong.length === 0 ? [] : around(recording.events, point.at),
	};
	process.stdout.write(`${JSON.stringify(judged)}\n`);
}
process.exit();
