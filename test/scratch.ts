import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Returns a new directory, which is removed when the test that asked for it has ended. */
export function scratch(): string {
	const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
	onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
	return directory;
}

/** Returns a new directory for a whole file; `remove` takes it away. */
export function lastingScratch(): { readonly dir: string; remove(): void } {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
	return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
