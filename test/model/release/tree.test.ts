/** Rules between the files of a release; release-manifest.test.ts has the table of violations. */
import { expect, test } from 'vitest';
import type { ManifestEntry, ReleasePath, Sha256 } from '../../../src/model/release/manifest.ts';
import { faultOfTree, hooksAmong, MANIFEST_NAME } from '../../../src/model/release/tree.ts';

const file = (path: string, mode: 0o644 | 0o755 = 0o644): ManifestEntry => ({
	kind: 'file',
	path: path as ReleasePath,
	mode,
	size: 1,
	sha256: 'ab'.repeat(32) as Sha256,
});

test('returns the runnable hooks in the order of the files', () => {
	const files = [
		file('00-run.sh', 0o755),
		file('scripts/update/.release.json'),
		file('scripts/update/00-run.sh', 0o755),
		file('scripts/update/01-run.sh'),
		file('scripts/update/10-run.sh', 0o755),
		file('scripts/update/2-run.sh', 0o755),
		file('scripts/update/more/03-run.sh', 0o755),
		file('scripts/update/rollback.sh', 0o755),
		{ kind: 'link', path: 'scripts/update/x-run.sh' as ReleasePath, target: '00-run.sh' } as const,
	];
	expect(hooksAmong(files)).toEqual(['00-run.sh', '10-run.sh', '2-run.sh']);
});

test('accepts an empty tree and a manifest in a subdirectory, but not one at the top', () => {
	expect(faultOfTree([])).toBeUndefined();
	expect(faultOfTree([file(`examples/${MANIFEST_NAME}`)])).toBeUndefined();
	expect(faultOfTree([file(MANIFEST_NAME)])).toContain('which cannot list itself');
});
