/** Opens what carries the releases of the demo. */
import { join } from 'node:path';
import type { SourceKind } from '../../model/config/config.ts';
import type { World } from '../../terminal/world.ts';
import { directoryCarrier } from './directory.ts';
import { gitCarrier } from './git.ts';
import { webCarrier } from './publisher.ts';
import type { Carrier } from './transport.ts';

/** Opens one below the author's directory; `published` is where `signalbox release` publishes. Throws `demo-failed`. */
export async function openCarrier(kind: SourceKind, directory: string, published: string, world: World): Promise<Carrier> {
	switch (kind) {
		case 'directory':
			return directoryCarrier(published);
		case 'publisher':
			return await webCarrier(published);
		case 'git':
			return await gitCarrier(join(directory, 'releases.git'), world);
	}
}
