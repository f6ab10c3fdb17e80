/**
 * Prints the builds for this machine that package-lock.json has and node_modules has not, a path a line, and exits with 1 if there
 * are any. They are optional to npm, which leaves out without a word what it could not fetch: the pinned Node is one of them.
 * Runs under whatever Node the machine has.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { packages } = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8'));
const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
const fits = (names, own) => names === undefined || names.includes(own);
const missing = Object.entries(packages)
	.filter(([, { optional, cpu }]) => optional === true && cpu !== undefined)
	.filter(
		([, { os, cpu, libc: libcs }]) =>
			fits(os, process.platform) && fits(cpu, process.arch) && fits(libcs, libc),
	)
	.map(([path]) => path)
	.filter((path) => !existsSync(join(top, path, 'package.json')));
for (const path of missing) console.log(path);
process.exitCode = missing.length === 0 ? 0 : 1;
