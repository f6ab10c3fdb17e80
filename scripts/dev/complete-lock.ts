/**
 * Completes package-lock.json: a registry that does not serve the builds of a package for other platforms
 * makes npm leave them out of the lock file, and `npm ci` then refuses it. Each such build gets the entry
 * that says for which platform it is. Run after `npm install`: node scripts/dev/complete-lock.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
	version?: string;
	dev?: boolean;
	optional?: boolean;
	os?: string[];
	cpu?: string[];
	libc?: string[];
	optionalDependencies?: Record<string, string>;
}

interface Lock {
	packages: Record<string, LockedPackage>;
}

const SYSTEMS: Readonly<Record<string, string>> = {
	darwin: 'darwin',
	win32: 'win32',
	linux: 'linux',
	android: 'android',
	freebsd: 'freebsd',
	openharmony: 'openharmony',
};
const PROCESSORS: readonly string[] = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x'];

/** Reads the platform out of the name of a build: `@scope/binding-linux-arm-musleabihf`. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
	const parts = name.split(/[/-]/);
	const system = parts.find((part) => part in SYSTEMS);
	const processor = parts.find((part) => PROCESSORS.includes(part));
	if (system === undefined || processor === undefined) throw new Error(`cannot tell the platform of ${name}`);
	const musl = parts.some((part) => part.startsWith('musl'));
	return { os: [system], cpu: [processor], ...(musl ? { libc: ['musl'] } : {}) };
}

const path = new URL('../../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
let added = 0;
for (const [, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
	for (const [name, version] of Object.entries(optionalDependencies)) {
		const key = `node_modules/${name}`;
		if (key in lock.packages) continue;
		lock.packages[key] = { version, ...(dev === true ? { dev } : {}), optional: true, ...platformOf(name) };
		added += 1;
	}
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, '\t')}\n`);
console.log(`${added} builds for other platforms added`);
