/**
 * The releases that the sweeps install: real hooks, with a hard link, a file that goes and one that comes.
 */
import type { CitadelRelease } from '../box/releases/citadel.ts';

const again = (version: string) => ({
	'bin/again': { text: `#!/bin/sh\necho tool ${version}\n`, mode: 0o755 },
});

export const OLD: CitadelRelease = {
	version: '1.0.0',
	requires: '*',
	files: { ...again('1.0.0'), 'share/old.txt': 'goes with 1.1.0\n' },
};

export const NEW: CitadelRelease = {
	version: '1.1.0',
	requires: '>=1.0.0',
	files: { ...again('1.1.0'), 'share/new.txt': 'came with 1.1.0\n' },
};

/** Installs itself, and then finds that it does not work. */
export const FAILING: CitadelRelease = {
	...NEW,
	version: '1.1.5',
	does: { '02': 'echo "it does not start"; exit 1' },
};

/** What is installed afterwards, to see that the box can still be updated. */
export const NEXT: CitadelRelease = { version: '1.2.0', requires: '>=1.0.0', files: again('1.2.0') };

/** What one asks for to get a release. */
export function wishFor({ version }: CitadelRelease): string {
	return JSON.stringify({ updateTo: `v${version}` });
}
