/**
 * Takes an archive apart for the updater, which is root and has measured it: `unpack.ts PACKING LIMITS`, the archive as the file that
 * standard input is, its entries as frames on standard output (model/publication/fetch-protocol.ts). Writes nothing.
 */
import { type ArchiveLimits, ArchiveRules, type Packing } from '../../model/publication/archive.ts';
import { inflate } from './inflate.ts';
import { Output } from './output.ts';
import { Refused, readTar } from './tar.ts';

/** Bytes of headers and padding that an entry may take, extensions included, and those at the end of an archive. */
const AROUND_ENTRY = 4096;
const AROUND = 1024 * 1024;

process.umask(0o077);
const output = new Output(() => process.exit(1));
await output.write({ kind: 'ready' });
// The updater wrote them: this side has nobody else to believe.
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
