/** Decompresses an archive as a stream with a fixed limit. */
import { once } from 'node:events';
import { createReadStream, fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Packing } from '../../model/publication/archive.ts';
import { startChild } from '../../system/process/child.ts';
import { Refused } from './tar.ts';

/** Yields the decompressed bytes of the file on standard input, at most `most`. Throws Refused. */
export async function* inflate(packing: Packing, most: number): AsyncIterable<Buffer> {
	let left = most;
	for await (const piece of piecesOf(packing)) {
		left -= piece.length;
		if (left < 0) throw new Refused('bytes');
		yield piece;
	}
}

function piecesOf(packing: Packing): AsyncIterable<Buffer> {
	switch (packing) {
		case 'tar':
			return input();
		case 'tar.gz':
			return through(createGunzip());
		case 'tar.zst':
			return through(createZstdDecompress());
		case 'tar.bz2':
			return program('bzip2', ['--decompress', '--stdout']);
		case 'tar.xz':
			return program('xz', [
				'--decompress',
				'--stdout',
				'--format=xz',
				'--threads=1',
				'--memlimit-decompress=256MiB',
			]);
	}
}

function input(): Readable {
	return createReadStream('', { fd: 0, autoClose: false });
}

/** Refuses bytes after the compressed data, even a second frame, which zlib would ignore. */
async function* through(
	unpacker: ReturnType<typeof createGunzip | typeof createZstdDecompress>,
): AsyncIterable<Buffer> {
	const source = input();
	source.once('error', (thrown) => unpacker.destroy(thrown));
	source.pipe(unpacker);
	try {
		for await (const piece of unpacker) yield piece;
	} catch (thrown) {
		throw new Refused('packing', '', thrown);
	} finally {
		source.destroy();
	}
	if (unpacker.bytesWritten !== fstatSync(0).size) throw new Refused('rest');
}

async function* program(name: string, args: readonly string[]): AsyncIterable<Buffer> {
	const child = startChild({ program: name, args, stdio: [0, 'pipe', 'inherit'], group: 'caller' });
	const closed = once(child, 'close');
	closed.catch(() => undefined);
	try {
		for await (const piece of child.stdout ?? []) yield piece;
		const [code] = await closed;
		if (code !== 0) throw new Refused('packing');
	} finally {
		child.kill('SIGKILL');
	}
}
