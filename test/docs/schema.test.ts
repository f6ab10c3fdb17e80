import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../scratch.ts';

const top = join(import.meta.dirname, '../..');

test.each(['config', 'release-manifest'])('schema of %s is what npm run schema writes', (name) => {
	const directory = scratch();
	execFileSync(process.execPath, [join(top, 'scripts/dev/write-schema.ts'), directory]);
	const file = `${name}.schema.json`;
	const committed = readFileSync(join(top, 'docs/schema', file), 'utf8');
	expect(committed).toBe(readFileSync(join(directory, file), 'utf8'));
});
