/** The programs that the tests start: built ones, which `npm test` brings up to date before anything else. */
import { join } from 'node:path';
import type { Program } from '../src/system/process/program.ts';

/** Returns the path of a built program. */
export function builtProgram(program: Program): string {
	return join(import.meta.dirname, `../dist/${program}.js`);
}
