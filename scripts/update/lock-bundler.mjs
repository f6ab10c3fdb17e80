/**
 * Makes a directory in which `npm ci` brings the bundler alone: `lock-bundler.mjs TREE DIRECTORY`. Its version and digests are those of
 * the tree's own lock file. With the other packages of development a box would fetch ten times as much.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUNDLER = 'esbuild';
const [tree, directory] = process.argv.slice(2);

const { packages } = JSON.parse(readFileSync(join(tree, 'package-lock.json'), 'utf8'));
const wanted = Object.entries(packages)
	.filter(([path]) => path === `node_modules/${BUNDLER}` || path.startsWith(`node_modules/@${BUNDLER}/`))
	.map(([path, { dev: _, ...locked }]) => [path, locked]);
const manifest = {
	name: 'bundler',
	version: '0.0.0',
	dependencies: { [BUNDLER]: packages[`node_modules/${BUNDLER}`].version },
};
const lock = { lockfileVersion: 3, packages: { '': manifest, ...Object.fromEntries(wanted) } };

mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
writeFileSync(join(directory, 'package-lock.json'), JSON.stringify({ ...manifest, ...lock }));
