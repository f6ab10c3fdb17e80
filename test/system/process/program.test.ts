import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { karenLauncher, nodeProgram, programPath } from '../../../src/system/process/program.ts';

test('a program of ours has the ending of the one who starts it', () => {
	const caller = new URL('../../../src/system/files/files.ts', import.meta.url).href;
	expect(programPath(caller, '../system/lock')).toBe(fileURLToPath(new URL('../../../src/system/files/lock.ts', import.meta.url)));
	expect(existsSync(programPath(caller, './clock'))).toBe(true);
	expect(programPath(pathToFileURL('/opt/signalbox/dist/a.js').href, './b/main')).toBe('/opt/signalbox/dist/b/main.js');
});

test('the Node that runs them is ours', () => {
	expect(execFileSync(nodeProgram, ['-p', 'process.version'], { encoding: 'utf8' }).trim()).toBe(process.version);
});

test('the launcher of karen is the one of this tree, and can be run', () => {
	expect(karenLauncher).toBe(fileURLToPath(new URL('../../../karen', import.meta.url)));
	accessSync(karenLauncher, constants.X_OK);
});
