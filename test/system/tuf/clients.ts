/** The same repository through our client and through plain tuf-js. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BaseFetcher, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { type Problem, recordOf } from '../../../src/model/base/error.ts';
import { openTuf } from '../../../src/system/tuf/client.ts';
import { tufPolicy } from '../../../src/trust/tuf/policy.ts';
import type { Publisher } from './publisher.ts';

/** `ok`, or the code of what was refused. */
export type End = string;

/** Refreshes, and fetches a target where one is named. */
export async function ours(
	dir: string,
	publisher: Publisher,
	factory: Uint8Array,
	target?: string,
	now?: number,
): Promise<End> {
	const tuf = openTuf(dir, factory, publisher.world(now), tufPolicy);
	try {
		await tuf.refresh();
		if (target !== undefined) await tuf.target(target);
		return 'ok';
	} catch (thrown) {
		const { code, message, hint } = recordOf(thrown as Problem);
		if (!/^cannot /.test(message) || hint === '')
			throw new Error(`no sentence: ${message}`, { cause: thrown });
		return code;
	} finally {
		tuf.close();
	}
}

class MemoryFetcher extends BaseFetcher {
	readonly #publisher: Publisher;

	constructor(publisher: Publisher) {
		super();
		this.#publisher = publisher;
	}

	fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
		const bytes = this.#publisher.files.get(url.replace('http://plain.invalid/', ''));
		if (bytes === undefined) throw new DownloadHTTPError('not there', 404);
		return Promise.resolve(new Blob([Uint8Array.from(bytes)]).stream());
	}
}

/** The same by tuf-js as it comes, with its own store and the machine's clock. */
export async function plain(
	dir: string,
	publisher: Publisher,
	factory: Uint8Array,
	target?: string,
): Promise<End> {
	const targetDir = join(dir, 'targets');
	mkdirSync(targetDir, { recursive: true });
	try {
		writeFileSync(join(dir, 'root.json'), factory, { flag: 'wx' });
	} catch {
		// It is not the first step.
	}
	try {
		const updater = new Updater({
			metadataDir: dir,
			metadataBaseUrl: 'http://plain.invalid/metadata',
			targetDir,
			targetBaseUrl: 'http://plain.invalid/targets',
			fetcher: new MemoryFetcher(publisher),
		});
		await updater.refresh();
		if (target === undefined) return 'ok';
		const info = await updater.getTargetInfo(target);
		if (info === undefined) return 'refused: not listed';
		await updater.downloadTarget(info);
		return 'ok';
	} catch (thrown) {
		return `refused: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
	}
}
