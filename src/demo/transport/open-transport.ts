/** Opens the transport of the demo's releases. */
import { join } from 'node:path';
import type { SourceKind } from '../../model/config/config.ts';
import type { World } from '../../terminal/world.ts';
import { directoryTransport } from './directory.ts';
import { gitTransport } from './git.ts';
import { publisherTransport } from './publisher.ts';
import type { Transport } from './transport.ts';

/** Opens it below the author's directory; `signalbox release` publishes to `published`. */
export async function openTransport(
	kind: SourceKind,
	directory: string,
	published: string,
	world: World,
): Promise<Transport> {
	switch (kind) {
		case 'directory':
			return directoryTransport(published);
		case 'publisher':
			return await publisherTransport(published);
		case 'git':
			return await gitTransport(join(directory, 'releases.git'), world);
	}
}
