/**
 * Unpacks an archive whose digest the updater has checked: `unpack.ts PACKING LIMITS`, the archive as
 * standard input, its entries as frames on standard output (model/publication/fetch-protocol.ts). Writes no
 * files.
 */
import { type ArchiveLimits, ArchiveRules, type Packing } from '../../model/publication/archive.ts';
import { inflate } from './inflate.ts';
import { Output } from './output.ts';
import { Refused, readTar } from './tar.ts';

/** Bytes of headers, extensions and padding per entry, and at the end of an archive. */
const AROUND_ENTRY = 4096;
const AROUND = 1024 * 1024;

process.umask(0o077);
const output = new Output(() => process.exit(1));
await output.write({ kind: 'ready' });
// Unchecked: only the updater passes these arguments.
const packing = process.argv[2] as Packing;
const limits = JSON.parse(process.argv[3] ?? '') as ArchiveLimits;
const most = limits.bytes + limits.entries * AROUND_ENTRY + AROUND;
try {
	await readTar(inflate(packing, most), new ArchiveRules(limits), {
		entry: (entry) =>
			output.write({ kind: 'entry', id: 0, entry: { mode: 0, size: 0, target: '', ...entry } }),
		bytes: (piece) => output.writeBytes(0, piece),
	});
	await output.write({ kind: 'end', id: 0 });
} catch (thrown) {
	if (!(thrown instanceof Refused)) throw thrown;
	await output.write({
		kind: 'fault',
		id: 0,
		fault: { kind: 'archive', why: thrown.why, path: thrown.path.slice(0, 200) },
	});
}
await output.finish();
process.exit(0);
