/** Reads the info.json of a root or a release. */
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../../model/release/info.ts';
import { readSmall } from '../../../system/files/read-file.ts';

/** Reads the info.json of a tree. Throws `info-missing` and `info-unreadable`. */
export function readInfo(tree: string, where: string): InfoJson {
	const read = readSmall(join(tree, 'info.json'), INFO_MAX_BYTES);
	switch (read.kind) {
		case 'file':
			return parseInfo(read.bytes, where);
		case 'missing':
			throw problem(
				'info-missing',
				`cannot read info.json of ${where}: the file is missing`,
				'restore the file: every root and every release must have one',
				{
					facts: { tree },
				},
			);
		case 'irregular':
			throw problem(
				'info-unreadable',
				`cannot read info.json of ${where}: it is ${read.why}`,
				'replace it by a regular file',
				{ facts: { tree } },
			);
		case 'too-large':
			throw problem(
				'info-unreadable',
				`cannot read info.json of ${where}: its ${read.size} bytes exceed the limit`,
				'make it shorter',
				{
					facts: { tree },
				},
			);
	}
}
