/**
 * Runs rsync with the release's own filters, which decide what in a root belongs to the release and what to
 * the user (Citadel contract §3).
 */
import { statSync } from 'node:fs';
import { TOOL_OF } from '../process/group.ts';
import { runOrFail, type ToolRun } from '../process/run-tool.ts';

export interface Filters {
	/**
	 * Names below the root that only Signalbox uses, such as staging directories. They precede the release's
	 * rules.
	 */
	readonly spare: readonly string[];
	/** `.updateinclude` and `.updateignore`, in this order: the first match wins. */
	readonly include: string | undefined;
	readonly ignore: string | undefined;
}

export const EVERYTHING: Filters = { spare: [], include: undefined, ignore: undefined };

export interface RsyncPlace {
	readonly path: readonly string[];
	/** Milliseconds. */
	readonly timeout: number;
	/** The state directory of the caller, by which a later process finds leftover rsync processes. */
	readonly state: string;
	/** How many milliseconds rsync may continue after it reported an error; one minute by default. */
	readonly patience?: number;
}

const HINT = 'look at the facts; nothing of the installed release was changed by this';

/** Preserves modes, owners, times, links, hard links, ACLs and extended attributes. */
const FAITHFUL: readonly string[] = ['--archive', '--hard-links', '--acls', '--xattrs', '--numeric-ids'];

/**
 * Makes `to` identical to `from` in everything that the filters include; ignored files are neither copied nor
 * removed. `compare` by checksum detects a file that was changed and given its old size and time back.
 */
export async function mirror(
	from: string,
	to: string,
	filters: Filters,
	compare: 'checksum' | 'size-and-time',
	place: RsyncPlace,
): Promise<void> {
	const options = [...FAITHFUL, '--delete', ...(compare === 'checksum' ? ['--checksum'] : [])];
	await rsync([...options, ...filterArguments(filters), '--', `${from}/`, `${to}/`], place);
}

/** Makes the file (or link) at `to` identical to the one at `from`. */
export async function copyFile(from: string, to: string, place: RsyncPlace): Promise<void> {
	await rsync([...FAITHFUL, '--checksum', '--', from, to], place);
}

/** What rsync prints before each deleted name. */
const DELETING = '*deleting   ';

/** Returns what mirroring `from` to `to` would delete in `to`. Directories end with a slash. */
export async function listDeletions(
	from: string,
	to: string,
	filters: Filters,
	place: RsyncPlace,
): Promise<readonly string[]> {
	const options = ['--archive', '--delete', '--dry-run', '--out-format=%i %n', '--8-bit-output'];
	const output = await rsync([...options, ...filterArguments(filters), '--', `${from}/`, `${to}/`], place);
	// Names may begin with white space, and may contain line terminators that a dot in a pattern does not
	// match.
	return output
		.split('\n')
		.flatMap((line) => (line.startsWith(DELETING) ? [line.slice(DELETING.length)] : []));
}

/**
 * Returns the paths below `now` that differ from those below `then` or are missing there: what copying `then`
 * over `now` would lose. Both are files (the path is then empty) or both are directories. Compares size and
 * time.
 */
export async function listDifferences(
	then: string,
	now: string,
	filters: Filters,
	place: RsyncPlace,
): Promise<readonly string[]> {
	const slash = statSync(then).isDirectory() && statSync(now).isDirectory() ? '/' : '';
	const options = ['--archive', '--delete', '--dry-run', '--out-format=%i %n', '--8-bit-output'];
	const ends = [`${then}${slash}`, `${now}${slash}`];
	const output = await rsync(
		[
			...options.filter((one) => slash !== '' || one !== '--delete'),
			...filterArguments(filters),
			'--',
			...ends,
		],
		place,
	);
	return output.split('\n').flatMap((line) => {
		if (line.startsWith(DELETING)) return [line.slice(DELETING.length)];
		// A path that is missing now would be restored, so nothing is lost.
		const [, path] = /^[<>c][fL][^+]{9} (.+)$/s.exec(line) ?? [];
		return path === undefined ? [] : [slash === '' ? '' : path];
	});
}

export interface ManagedPath {
	/** Relative. Directories end with a slash. */
	readonly path: string;
	readonly size: number;
}

/** Returns every path below `root` that the filters include. */
export async function listManaged(
	root: string,
	filters: Filters,
	place: RsyncPlace,
): Promise<readonly ManagedPath[]> {
	const options = ['--archive', '--dry-run', '--out-format=%l %n', '--8-bit-output'];
	const output = await rsync(
		[...options, ...filterArguments(filters), '--', `${root}/`, `${root}/.signalbox-nowhere/`],
		place,
	);
	return output.split('\n').flatMap((line) => {
		const [, size, path] = /^(\d+) (.+)$/s.exec(line) ?? [];
		return path === undefined || path === './' ? [] : [{ path, size: path.endsWith('/') ? 0 : Number(size) }];
	});
}

function filterArguments(filters: Filters): readonly string[] {
	return [
		...filters.spare.map((name) => `--exclude=/${name}`),
		...(filters.include === undefined ? [] : [`--include-from=${filters.include}`]),
		...(filters.ignore === undefined ? [] : [`--exclude-from=${filters.ignore}`]),
	];
}

const PATIENCE = 60_000;

/**
 * rsync 3 can hang forever when it could not write the first of several hard links to a file (--hard-links).
 * By then it has printed the error and can only fail, so an error starts a time limit.
 */
async function rsync(args: readonly string[], place: RsyncPlace): Promise<string> {
	const stop = new AbortController();
	let limit: NodeJS.Timeout | undefined;
	const run: ToolRun = {
		program: 'rsync',
		args,
		env: { PATH: place.path.join(':'), LC_ALL: 'C', [TOOL_OF]: place.state },
		timeout: place.timeout,
		signal: stop.signal,
		onStderr: () => {
			limit ??= setTimeout(() => stop.abort(), place.patience ?? PATIENCE);
		},
	};
	try {
		return await runOrFail(run, 'io-error', HINT);
	} finally {
		clearTimeout(limit);
	}
}
