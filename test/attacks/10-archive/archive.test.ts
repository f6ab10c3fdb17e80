/**
 * Threat 10: an archive that means to write elsewhere, for one who stages it as carelessly as can be: what he
 * is handed he writes where it says.
 */
import {
	appendFileSync,
	closeSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ArchiveEntry, Packing } from '../../../src/model/publication/archive.ts';
import { readArchive } from '../../../src/system/fetcher/archive-process.ts';
import { fingerprintOf } from '../../box/fingerprint.ts';
import { directory, file, header, link, long, pax, tar } from '../../box/releases/tar-writer.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import { builtProgram } from '../../programs.ts';
import { scratch } from '../../scratch.ts';

const UNPACK = builtProgram('unpacker');
const LIMITS = { entries: 100, bytes: 1_000_000 };

/** Each writes `owned` into the file `precious` beside the staging directory, if it is let. */
const WAYS: Readonly<Record<string, (precious: string) => Buffer>> = {
	'a path that leads up': () => tar(file('../precious', 'owned')),
	'a path that leads up and down': () => tar(file('a/../../precious', 'owned')),
	'an absolute path': (precious) => tar(file(precious, 'owned')),
	'a link, then a file through it': () => tar(link('out', '..'), file('out/precious', 'owned')),
	'a link that stays, then one through it': () =>
		tar(directory('a'), link('a/b', '.'), link('a/b/c', '..'), file('a/c/../precious', 'owned')),
	'a link to the file, then the file': (precious) => tar(link('x', precious), file('x', 'owned')),
	'the same, in capitals': (precious) => tar(link('x', precious), file('X', 'owned')),
	'a hard link to the file, then the file': (precious) =>
		tar(header({ name: 'x', type: '1', link: precious }), file('x', 'owned')),
	'a prefix that leads up': () => tar(file('precious', 'owned', { prefix: '..' })),
	'an extension that names it': () => tar(pax({ path: '../precious' }), file('a', 'owned')),
	'an extension that names the target of a link': (precious) =>
		tar(pax({ linkpath: precious }), link('x', 'a'), file('x', 'owned')),
	'a long name that leads up': () => tar(long('L', `${'./'.repeat(60)}../precious`), file('a', 'owned')),
	'something behind its end': () => Buffer.concat([tar(file('a')), tar(file('../precious', 'owned'))]),
};

/** Writes an entry as root, through whatever lies there. */
async function stageCarelessly(
	staging: string,
	entry: ArchiveEntry,
	chunks: AsyncIterable<Buffer>,
): Promise<void> {
	const path = resolve(staging, entry.path);
	mkdirSync(dirname(path), { recursive: true });
	if (entry.kind === 'directory') mkdirSync(path, { recursive: true });
	else if (entry.kind === 'link') symlinkSync(entry.target, path);
	else writeFileSync(path, '');
	for await (const chunk of chunks) appendFileSync(path, chunk);
}

test.each(
	Object.entries(WAYS).map(
		([what, make], index) => [what, make, index % 2 === 0 ? ('tar' as const) : ('tar.gz' as const)] as const,
	),
)('%s: refused, and nothing outside is touched', async (_what, make, packing: Packing) => {
	const place = scratch();
	const [staging, state, precious] = [join(place, 'staging'), join(place, 'state'), join(place, 'precious')];
	for (const dir of [staging, state]) mkdirSync(dir);
	writeFileSync(precious, 'precious');
	const archive = make(precious);
	writeFileSync(join(place, 'archive'), packing === 'tar.gz' ? gzipSync(archive) : archive);
	const outside = () => [...fingerprintOf(place, ['staging', 'state']), ...readdirSync(state)];
	const before = outside();
	const fd = openSync(join(place, 'archive'), 'r');
	try {
		const needs = {
			program: UNPACK,
			state,
			account: accountForTest(),
			fd,
			packing,
			limits: LIMITS,
			timeout: 30_000,
		};
		await expect(
			readArchive(needs, (entry, chunks) => stageCarelessly(staging, entry, chunks)),
		).rejects.toMatchObject({
			record: { code: 'archive-refused' },
		});
	} finally {
		closeSync(fd);
	}
	expect(outside()).toEqual(before);
	expect(readFileSync(precious, 'utf8')).toBe('precious');
});
