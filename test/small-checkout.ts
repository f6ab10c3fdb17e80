/** A checkout whose programs print their names and arguments: it is built in a moment. */
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROGRAMS } from '../src/system/process/program.ts';
import { scratch } from './scratch.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const COPIED: readonly string[] = [
	'bin',
	'karen',
	'package.json',
	'package-lock.json',
	'scripts/dev',
	'src/system/process/program.ts',
];

/** Makes one, with the packages of this checkout, not built; other users may read it. */
export function smallCheckout(): string {
	const top = join(scratch(), 'checkout');
	for (const path of COPIED) {
		mkdirSync(dirname(join(top, path)), { recursive: true });
		cpSync(join(REPOSITORY, path), join(top, path), { recursive: true });
	}
	for (const path of Object.values(PROGRAMS)) writeProgram(top, path, path);
	symlinkSync(join(REPOSITORY, 'node_modules'), join(top, 'node_modules'));
	chmodSync(dirname(top), 0o755);
	return top;
}

/** Has the program that begins in this file of src/ print these words, and its arguments. */
export function writeProgram(top: string, path: string, words: string): void {
	const file = join(top, `src/${path}.ts`);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, `console.log(${JSON.stringify(words)}, ...process.argv.slice(2));\n`);
}
