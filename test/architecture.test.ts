/**
 * Holds the table of docs/architecture.md: which room may import which, and where each package of npm enters.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	closureOf,
	findCycle,
	packageOf,
	packagesOf,
	readGraph,
	targetOf,
} from './architecture/import-graph.ts';

const top = join(import.meta.dirname, '..');
const graph = readGraph(join(top, 'src'));
const files = [...graph.values()];

/** The rooms, and what each may import besides itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
	model: [],
	trust: ['model'],
	engine: ['model'],
	system: ['model'],
	terminal: ['model', 'system'],
	sources: ['model', 'system'],
	privileged: ['model', 'trust', 'engine', 'system', 'sources'],
	unprivileged: ['model', 'engine', 'system', 'sources', 'terminal'],
	author: ['model', 'trust', 'engine', 'system', 'sources', 'terminal'],
	fleet: ['model', 'trust', 'engine', 'system', 'sources', 'terminal'],
	demo: ['model', 'system', 'terminal', 'unprivileged'],
};

/** Imports that the rooms do not allow, with their reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
	// The TUF client verifies for its caller alone: root reads nothing of it.
	'unprivileged/operator/tuf-client/main.ts': 'trust',
};

/** The file (of zod the files that describe a format) or the one room in which each package is imported. */
const DOORS: Readonly<Record<string, string | readonly string[]>> = {
	semver: 'model/release/version.ts',
	'bcrypt-pbkdf': 'author/keys/openssh-secret.ts',
	zod: ['model/config/schema/', 'model/release/release-manifest-schema.ts'],
	chokidar: 'system/watch.ts',
	execa: 'system/process/run-tool.ts',
	'simple-git': 'system/git/simple-git.ts',
	'write-file-atomic': 'system/files/private-file.ts',
	pino: 'system/log.ts',
	'smol-toml': 'system/toml.ts',
	'tuf-js': 'system/tuf/updater.ts',
	fastify: 'unprivileged/manager/',
	commander: 'terminal/',
	'@clack/prompts': 'terminal/ask-secret.ts',
	'@tufjs/models': 'author/tuf-metadata.ts',
	undici: 'unprivileged/fetcher/http.ts',
	tar: 'unprivileged/fetcher/tar.ts',
};

/** The `node:` modules of the rooms that do not act; the other rooms may use them all. */
const NODE_MODULES: Readonly<Record<string, readonly string[]>> = {
	model: ['model/change/journal.ts node:zlib'],
	trust: ['node:crypto'],
	engine: [],
};

/** Files that read the environment: where a program begins, and nowhere deeper. */
const READ_ENVIRONMENT: readonly string[] = ['privileged/updater/main.ts'];

const KAREN = 'privileged/karen/main.ts';

function roomOf(path: string): string {
	return path.split('/')[0] ?? '';
}

describe('rooms', () => {
	test('every folder of src is a room', () => {
		expect(Object.keys(ROOMS)).toEqual(
			expect.arrayContaining(readdirSync(join(top, 'src')).filter((name) => !name.endsWith('.md'))),
		);
	});

	test('every import leads to a file of src', () => {
		const lost = files.flatMap(({ path, imports }) =>
			imports
				.map(({ specifier }) => targetOf(path, specifier))
				.filter((target) => target !== undefined && !graph.has(target))
				.map((target) => `${path} → ${target}`),
		);
		expect(lost).toEqual([]);
	});

	test.each(Object.entries(ROOMS))('%s imports itself and [%s]', (room, allowed) => {
		const wrong = files
			.filter(({ path }) => roomOf(path) === room)
			.flatMap(({ path, imports }) =>
				imports.map(({ specifier }) => [path, targetOf(path, specifier)] as const),
			)
			.filter(
				([path, target]) =>
					target !== undefined && ![room, ...allowed, EXCEPTIONS[path]].includes(roomOf(target)),
			);
		expect(wrong).toEqual([]);
	});

	test.each(Object.entries(NODE_MODULES))('%s uses of the node: modules [%s]', (room, allowed) => {
		const wrong = files
			.filter(({ path }) => roomOf(path) === room)
			.flatMap(({ path, imports }) => imports.map(({ specifier }) => ({ path, specifier })))
			.filter(({ specifier }) => specifier.startsWith('node:'))
			.filter(
				({ path, specifier }) => !allowed.includes(specifier) && !allowed.includes(`${path} ${specifier}`),
			);
		expect(wrong).toEqual([]);
	});

	test('no folder of src has more than fifteen files', () => {
		const paths = globSync('src/**', { cwd: top, withFileTypes: true }).filter((entry) => entry.isFile());
		const counts = Map.groupBy(paths, ({ parentPath }) => parentPath);
		expect([...counts].filter(([, inside]) => inside.length > 15).map(([folder]) => folder)).toEqual([]);
	});

	test('every folder of src has a README of at most twenty lines', () => {
		const folders = new Set(files.map(({ path }) => dirname(path)));
		const lines = (folder: string) => {
			const page = join(top, 'src', folder, 'README.md');
			return existsSync(page) ? readFileSync(page, 'utf8').trimEnd().split('\n').length : 0;
		};
		expect([...folders].filter((folder) => lines(folder) < 3 || lines(folder) > 20)).toEqual([]);
	});

	test('no files import each other in a circle', () => {
		expect(findCycle(graph)).toBeUndefined();
	});
});

describe('access/, which karen and the updater share', () => {
	test('imports neither of them', () => {
		const wrong = files
			.filter(({ path }) => path.startsWith('privileged/access/'))
			.flatMap(({ path, imports }) => imports.map(({ specifier }) => [path, targetOf(path, specifier) ?? '']))
			.filter(([, target]) => /^privileged\/(?!access\/)/.test(target ?? ''));
		expect(wrong).toEqual([]);
	});
});

describe('the updater', () => {
	test('support folders import neither steps nor installers', () => {
		const support =
			/^privileged\/updater\/(backup|health|journal|plan|releases|stage|status)\/|^privileged\/updater\/run-script\.ts$/;
		const wrong = files
			.filter(({ path }) => support.test(path))
			.flatMap(({ path, imports }) => imports.map(({ specifier }) => [path, targetOf(path, specifier) ?? '']))
			.filter(([, target]) => /^privileged\/updater\/(steps|installers)\//.test(target ?? ''));
		expect(wrong).toEqual([]);
	});
});

describe('packages', () => {
	const used = files.flatMap(({ path, imports }) =>
		imports.map(({ specifier }) => ({ path, name: packageOf(specifier) })),
	);

	test('each package is imported in its own file or folder', () => {
		const wrong = used.filter(
			({ path, name }) =>
				name !== undefined && ![DOORS[name] ?? []].flat().some((door) => path.startsWith(door)),
		);
		expect(wrong).toEqual([]);
	});

	test('the table names exactly the dependencies', () => {
		const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
			dependencies: Record<string, string>;
		};
		expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(DOORS).sort());
	});
});

describe('the packages that the owner named', () => {
	const page = readFileSync(join(top, 'docs/architecture.md'), 'utf8');
	const { dependencies } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
		readonly dependencies: Readonly<Record<string, string>>;
	};

	test.each(['chokidar', 'execa', 'simple-git', 'semver', 'write-file-atomic', 'pino'])(
		'%s is a dependency that its file imports, with its job in docs/architecture.md',
		(name) => {
			const door = String(DOORS[name]);
			expect(dependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
			expect(graph.get(door)?.imports.map(({ specifier }) => packageOf(specifier))).toContain(name);
			expect(page).toMatch(new RegExp(`^\\| ${name} \\| .{20,} \\| \\[${door}\\]`, 'm'));
		},
	);
});

describe('karen, which idles as root for months', () => {
	const closure = closureOf(graph, KAREN);

	test('is there', () => {
		expect(existsSync(join(top, 'src', KAREN))).toBe(true);
	});

	test('loads no packages but the watcher and the logger', () => {
		expect(packagesOf(graph, closure)).toEqual(['chokidar', 'pino']);
	});

	test('loads neither the updater nor the code that decides updates', () => {
		const updates = closure.filter((path) => /^(engine|trust|sources|privileged\/updater)\//.test(path));
		expect(updates.filter((path) => path !== 'engine/dispatch.ts')).toEqual([]);
	});
});

describe('habits', () => {
	test('processes are started only in system/process', () => {
		const starters = files
			.filter(({ imports }) =>
				imports.some(({ specifier }) => /^(node:)?child_process$|^execa$/.test(specifier)),
			)
			.filter(({ path }) => dirname(path) !== 'system/process');
		expect(starters.map(({ path }) => path)).toEqual([]);
	});

	test('no drawer for odds and ends', () => {
		const drawer = /^(.*[-_.])?(utils?|lib|common|helpers?|misc|shared)(\..*)?$/;
		const paths = ['src', 'test', 'bench', 'scripts'].flatMap((folder) =>
			globSync(`${folder}/**`, { cwd: top }),
		);
		expect(paths.filter((path) => drawer.test(basename(path)))).toEqual([]);
	});

	test('no file of src is longer than 300 lines', () => {
		expect(
			files
				.map(({ path, text }) => [path, text.split('\n').length - 1] as const)
				.filter(([, lines]) => lines > 300),
		).toEqual([]);
	});

	test('comments end at 110 columns, except drawings', () => {
		const paths = ['src', 'test', 'bench', 'scripts'].flatMap((folder) =>
			globSync(`${folder}/**/*.ts`, { cwd: top }),
		);
		const width = (line: string) => line.replaceAll('\t', '  ').length;
		const long = paths.flatMap((path) =>
			readFileSync(join(top, path), 'utf8')
				.split('\n')
				.filter((line) => /^\s*(\/\*\*|\* (?! )|\/\/)/.test(line) && width(line) > 110)
				.map((line) => `${path}: ${line.trim().slice(0, 60)}`),
		);
		expect(long).toEqual([]);
	});

	test('the environment is read only where a program begins', () => {
		const readers = files.filter(({ text }) => /process\.env\b/.test(text)).map(({ path }) => path);
		expect(readers.filter((path) => !READ_ENVIRONMENT.includes(path))).toEqual([]);
	});
});

describe('biome.json says the same while one types', () => {
	interface Override {
		readonly includes: readonly string[];
		readonly linter: {
			readonly rules: {
				readonly style: {
					readonly noRestrictedImports: { readonly options: { readonly patterns: readonly Pattern[] } };
				};
			};
		};
	}
	interface Pattern {
		readonly group: readonly string[];
		readonly message: string;
	}
	const { overrides } = JSON.parse(readFileSync(join(top, 'biome.json'), 'utf8')) as {
		overrides: readonly Override[];
	};

	test.each(Object.entries(ROOMS))('%s imports itself and [%s]', (room, allowed) => {
		const [override, ...more] = overrides.filter(({ includes }) => includes.includes(`src/${room}/**`));
		const patterns = override?.linter.rules.style.noRestrictedImports.options.patterns ?? [];
		const forbidden = patterns
			.flatMap(({ group }) => group)
			.flatMap((glob) => /^\*\*\/(\w+)\/\*\*$/.exec(glob)?.[1] ?? []);
		expect(more).toEqual([]);
		expect(forbidden.sort()).toEqual(
			Object.keys(ROOMS)
				.filter((other) => other !== room && !allowed.includes(other))
				.sort(),
		);
		expect(patterns.filter(({ message }) => message.split(' ').length < 5)).toEqual([]);
	});
});
