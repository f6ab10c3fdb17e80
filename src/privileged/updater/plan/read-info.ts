/** What a tree says of itself. */
import { join } from 'node:path';
import { problem } from '../../../model/base/error.ts';
import { INFO_MAX_BYTES, type InfoJson, parseInfo } from '../../../model/release/info.ts';
import { readSmall } from '../../../system/files/files.ts';

/** Reads the info.json of a tree. Throws `info-missing` and `info-unreadable`. */
export function readInfo(tree: string, where: string): InfoJson {
	const read = readSmall(join(tree, 'info.json'), INFO_MAX_BYTES);
	switch (read.kind) {
		case 'file':
			return parseInfo(read.bytes, where);
		case 'missing':
			throw problem(
				'info-missing',
				`cannot read info.json of ${where}: there is none`,
				'a root and a release must have one',
				{
					facts: { tree },
				},
			);
		case 'irregular':
			throw problem(
				'info-unreadable',
				`cannot read info.json of ${where}: it is ${read.why}`,
				'make it a plain file',
				{ facts: { tree } },
			);
		case 'too-large':
			throw problem(
				'info-unreadable',
				`cannot read info.json of ${where}: it holds ${read.size} bytes`,
				'make it shorter',
				{
					facts: { tree },
				},
			);
	}
}
