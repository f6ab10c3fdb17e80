/**
 * Runs one case of a bad hook on a whole box, and prints what came of it as a Trial. To be run in a PID
 * namespace of its own, where a storm of processes ends with it: `run-case.ts NAME`. Without a name: the
 * names of all cases.
 */
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExitCode } from '../../../src/model/base/error-codes.ts';
import { type Box, type Ended, makeBox } from '../../box/box.ts';
import { endProcessesOf, processesCalled } from '../../box/processes.ts';
import { type CitadelRelease, citadelRelease } from '../../box/releases/citadel.ts';
import { builtProgram } from '../../programs.ts';
import { until } from '../../until.ts';
import type { Trial } from '../result.ts';
import { type End, HOOK_CASES, type HookCase } from './cases.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const USERS = ['db/user.json', 'app-data/shop/orders', '.env'];
/** What the hooks of every release of these tests make. */
const MADE = ['settings.generated', 'logs/service.running'];

async function tryCase(one: HookCase, box: Box): Promise<Trial> {
	const release: CitadelRelease = { version: '1.1.0', requires: '*', ...one.release };
	if (one.config !== undefined) box.configure(one.config);
	const before = box.fingerprint();
	const users = usersOf(box);
	box.publish(withPlaces(release));
	const first = await box.updater('update');
	const started = performance.now();
	const last = one.end.kind === 'resumed' ? await finish(box) : first;
	const recovery = one.end.kind === 'resumed' ? performance.now() - started : null;
	await endLingering(one, box);
	const { lost, wrong: changed } = compareUsers(users, usersOf(box));
	const wrong = [
		...(one.end.kind === 'resumed' && first.code !== null && first.code !== 143
			? [`the updater ended with ${first.code}, it was to die`]
			: []),
		...wrongWord(box, last, one.end),
		...wrongTree(box, before, withPlaces(release), one.end),
		...changed,
		...wrongLogs(box, one),
		...(one.end.kind === 'needs-attention'
			? []
			: [...box.leftovers().map((left) => `left behind: ${left}`), ...(await wrongNext(box))]),
	];
	return { wrong, recovery, lost };
}

/** Some cases start our programs: they are told where those lie. */
function withPlaces(release: CitadelRelease): CitadelRelease {
	const places = `NODE=${process.execPath} UPDATER=${builtProgram('updater')}\n`;
	return {
		...release,
		does: {
			...release.does,
			...(release.does?.started === undefined ? {} : { started: places + release.does.started }),
		},
	};
}

async function finish(box: Box): Promise<Ended> {
	await until('the end of the killed updater', () => processesCalled('dist/updater.js').length === 0);
	return await box.updater('resume');
}

async function endLingering(one: HookCase, box: Box): Promise<void> {
	if (one.lingers !== undefined && one.end.kind === 'committed') await endProcessesOf(box.dir);
}

/** What the box says of it: exit code, state, error code. */
function wrongWord(box: Box, last: Ended, end: End): readonly string[] {
	const expected = wordOf(end);
	const change = existsSync(box.layout.changeStatus) ? box.change() : undefined;
	const said = `${last.code} ${change?.state} ${change?.error?.code ?? 'no error'}`;
	const found =
		said === expected
			? []
			: [`it says "${said}" and not "${expected}": ${change?.error?.message ?? ''} ${last.stderr}`];
	return /^\s+at /m.test(last.stderr) ? [...found, `a stack trace: ${last.stderr}`] : found;
}

function wordOf(end: End): string {
	const word = (exit: ExitCode, state: string, code = 'no error') => `${exit} ${state} ${code}`;
	switch (end.kind) {
		case 'committed':
			return word(0, 'committed', end.warning);
		case 'rolled-back':
			return word(4, 'rolled-back', end.code);
		case 'resumed':
			return end.end === 'committed' ? word(0, 'committed') : word(4, 'rolled-back', 'interrupted');
		case 'needs-attention':
			return word(7, 'needs-attention', 'hook-failed');
	}
}

/** Byte for byte the old tree, or the new one and nothing but it. */
function wrongTree(
	box: Box,
	before: readonly string[],
	release: CitadelRelease,
	end: End,
): readonly string[] {
	const now = box.fingerprint();
	if (end.kind === 'needs-attention') return [];
	if (end.kind === 'rolled-back' || (end.kind === 'resumed' && end.end === 'rolled-back')) {
		return [
			...before.filter((line) => !now.includes(line)).map((line) => `gone: ${line}`),
			...now.filter((line) => !before.includes(line)).map((line) => `new: ${line}`),
		];
	}
	const files = citadelRelease(release);
	const known = new Set([...before.map(pathIn), ...Object.keys(files), ...MADE]);
	const strange = now.map(pathIn).filter((path) => !known.has(path));
	return [
		...Object.keys(files).flatMap((path) => wrongFile(box, path, files[path])),
		...strange.map((path) => `nobody’s: ${path}`),
		...wrongMode(now, before),
	];
}

const pathIn = (line: string): string => JSON.parse(/^"(?:[^"\\]|\\.)*"/.exec(line)?.[0] ?? '""');

function wrongMode(now: readonly string[], before: readonly string[]): readonly string[] {
	return now[0] === before[0] ? [] : [`the root itself is ${now[0]} and was ${before[0]}`];
}

function wrongFile(
	box: Box,
	path: string,
	file: ReturnType<typeof citadelRelease>[string] | undefined,
): readonly string[] {
	const full = join(box.root, path);
	const stats = lstatSync(full, { throwIfNoEntry: false });
	if (stats === undefined) return [`missing: ${path}`];
	if (file === undefined) return [];
	if (typeof file === 'object' && 'link' in file)
		return stats.isSymbolicLink() && readlinkSync(full) === file.link ? [] : [`another link: ${path}`];
	const text = typeof file === 'string' ? file : file.text;
	const mode = typeof file === 'string' ? (path.endsWith('.sh') ? 0o755 : 0o644) : file.mode;
	if (!readFileSync(full).equals(Buffer.from(text))) return [`other contents: ${path}`];
	return (stats.mode & 0o7777) === mode ? [] : [`mode ${(stats.mode & 0o7777).toString(8)}: ${path}`];
}

function usersOf(box: Box): ReadonlyMap<string, Buffer> {
	return new Map(
		USERS.flatMap((path) =>
			existsSync(join(box.root, path)) ? [[path, readFileSync(join(box.root, path))] as const] : [],
		),
	);
}

function compareUsers(
	before: ReadonlyMap<string, Buffer>,
	now: ReadonlyMap<string, Buffer>,
): { readonly lost: number; readonly wrong: readonly string[] } {
	const changed = [...before].filter(([path, bytes]) => now.get(path)?.equals(bytes) !== true);
	return {
		lost: changed.reduce((sum, [, bytes]) => sum + bytes.length, 0),
		wrong: changed.map(([path]) => `the user’s ${path} changed`),
	};
}

function wrongLogs(box: Box, one: HookCase): readonly string[] {
	if (!one.config?.includes('output')) return [];
	const log = join(box.layout.changes, box.change().change, 'logs/01-run.sh.log');
	const { size } = statSync(log);
	return size <= 1024 * 1024 ? [] : [`its log holds ${size} bytes`];
}

async function wrongNext(box: Box): Promise<readonly string[]> {
	box.configure('');
	box.publish({ version: '1.9.0', requires: '*' });
	const end = await box.updater('update', 'v1.9.0');
	const said = `${end.code} ${box.version()}`;
	return [
		...(said === '0 1.9.0' ? [] : [`the next update ended with ${said}: ${end.stderr}`]),
		...box.leftovers().map((left) => `left behind by the next update: ${left}`),
	];
}

const one = HOOK_CASES.find(({ name }) => name === process.argv[2]);
if (one === undefined) {
	process.stdout.write(`${JSON.stringify(HOOK_CASES.map(({ name }) => name))}\n`);
	process.exitCode = process.argv[2] === undefined ? 0 : 2;
} else {
	const box = makeBox(OLD);
	box.sourceIs({ probe: true });
	try {
		process.stdout.write(`${JSON.stringify(await tryCase(one, box))}\n`);
	} finally {
		rmSync(join(box.dir, 'moved'), { recursive: true, force: true });
		await box.remove();
	}
}
