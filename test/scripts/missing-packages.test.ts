/** npm leaves out without a word what is optional and could not be fetched: this is what tells. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../scratch.ts';

const PROGRAM = join(import.meta.dirname, '../../scripts/dev/missing-packages.mjs');
const OWN = { optional: true, os: [process.platform], cpu: [process.arch] };

const LOCK = {
	'': {},
	'node_modules/plain': {},
	'node_modules/build-for-this-machine': OWN,
	'node_modules/build-for-another-processor': { ...OWN, cpu: ['s390x'] },
	'node_modules/build-for-another-system': { ...OWN, os: ['aix'] },
	'node_modules/build-for-another-libc': { ...OWN, libc: ['none of both'] },
};

function run(installed: readonly string[]): { status: number | null; stdout: string } {
	const top = scratch();
	mkdirSync(join(top, 'scripts/dev'), { recursive: true });
	copyFileSync(PROGRAM, join(top, 'scripts/dev/missing-packages.mjs'));
	writeFileSync(join(top, 'package-lock.json'), JSON.stringify({ packages: LOCK }));
	for (const path of installed) {
		mkdirSync(join(top, path), { recursive: true });
		writeFileSync(join(top, path, 'package.json'), '{}');
	}
	const { status, stdout } = spawnSync(process.execPath, [join(top, 'scripts/dev/missing-packages.mjs')], {
		encoding: 'utf8',
	});
	return { status, stdout };
}

test('names missing packages for this machine, and no others', () => {
	expect(run(['node_modules/plain'])).toEqual({ status: 1, stdout: 'node_modules/build-for-this-machine\n' });
});

test('all is there', () => {
	expect(run(['node_modules/plain', 'node_modules/build-for-this-machine'])).toEqual({
		status: 0,
		stdout: '',
	});
});
