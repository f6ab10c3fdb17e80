import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import {
	installation,
	karenLauncher,
	nodeProgram,
	PROGRAMS,
	type Program,
	programPath,
} from '../../../src/system/process/program.ts';

const TOP = resolve(import.meta.dirname, '../../..');

test('finds the installation that it is part of', () => {
	expect(installation).toBe(TOP);
});

test.each(Object.keys(PROGRAMS) as Program[])('the program %s has an entry point in src', (program) => {
	expect(programPath(program)).toBe(join(TOP, 'src', `${PROGRAMS[program]}.ts`));
	expect(existsSync(programPath(program))).toBe(true);
});

test('runs programs under the Node that runs the caller', () => {
	expect(execFileSync(nodeProgram, ['-p', 'process.version'], { encoding: 'utf8' }).trim()).toBe(
		process.version,
	);
});

test('returns an executable launcher of karen', () => {
	expect(karenLauncher).toBe(join(TOP, 'karen'));
	accessSync(karenLauncher, constants.X_OK);
});
