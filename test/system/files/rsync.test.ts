/** How Signalbox uses rsync: exact copies, the release's filters, and lists with unusual names. */
import { execFileSync } from 'node:child_process';
import {
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	copyFile,
	type Filters,
	listDeletions,
	listManaged,
	mirror,
} from '../../../src/system/files/rsync.ts';
import { fingerprintOf } from '../../box/fingerprint.ts';
import { scratch } from '../../scratch.ts';

const PLACE = { path: ['/usr/bin', '/bin'], timeout: 60_000, state: '/nonexistent' };
const ALL: Filters = { spare: [], include: undefined, ignore: undefined };

function tree(dir: string, files: Readonly<Record<string, string>>): string {
	mkdirSync(dir, { recursive: true });
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(dir, path)), { recursive: true });
		writeFileSync(join(dir, path), text);
	}
	return dir;
}

function filters(dir: string, ignore: string, include = '', spare: readonly string[] = []): Filters {
	writeFileSync(join(dir, 'ignore'), ignore);
	writeFileSync(join(dir, 'include'), include);
	return { spare, ignore: join(dir, 'ignore'), include: join(dir, 'include') };
}

describe('a mirror', () => {
	test('copies modes, times, links and hard links, and removes the rest', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), { a: 'a', 'sub/b': 'b', ' odd\n"name"': 'c', empty: '' });
		symlinkSync('sub/b', join(from, 'link'));
		symlinkSync('/nowhere', join(from, 'dangling'));
		linkSync(join(from, 'a'), join(from, 'sub/same'));
		execFileSync('chmod', ['0701', join(from, 'a')]);
		execFileSync('chmod', ['2750', join(from, 'sub')]);
		utimesSync(join(from, 'empty'), 1_000_000, 1_000_000.5);
		const to = tree(join(dir, 'to'), { old: 'x', 'sub/old/deep': 'x' });
		await mirror(from, to, ALL, 'checksum', PLACE);
		expect(fingerprintOf(to)).toEqual(fingerprintOf(from));
		expect(statSync(join(to, 'a')).ino).toBe(statSync(join(to, 'sub/same')).ino);
		expect(statSync(join(to, 'empty')).mtimeMs).toBe(statSync(join(from, 'empty')).mtimeMs);
	});

	test('copies extended attributes and ACLs', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), { a: 'a' });
		const python = (script: string) =>
			execFileSync('python3', ['-c', `import os\n${script}`], { encoding: 'utf8' }).trim();
		python(`os.setxattr(${JSON.stringify(join(from, 'a'))}, "user.note", b"kept")`);
		const to = join(dir, 'to');
		mkdirSync(to);
		await mirror(from, to, ALL, 'size-and-time', PLACE);
		expect(python(`print(os.getxattr(${JSON.stringify(join(to, 'a'))}, "user.note").decode())`)).toBe('kept');
	});

	test('detects a changed file with its old size and time by checksum, but not by size and time', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), { a: 'good' });
		const to = tree(join(dir, 'to'), { a: 'evil' });
		for (const path of [from, to]) utimesSync(join(path, 'a'), 1_000_000, 1_000_000);
		await mirror(from, to, ALL, 'size-and-time', PLACE);
		expect(readFileSync(join(to, 'a'), 'utf8')).toBe('evil');
		await mirror(from, to, ALL, 'checksum', PLACE);
		expect(readFileSync(join(to, 'a'), 'utf8')).toBe('good');
	});

	test('replaces files by directories and back, and links by either', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), { 'was-file/now': 'x', 'was-directory': 'x', 'was-link': 'x' });
		const to = tree(join(dir, 'to'), { 'was-file': 'x', 'was-directory/deep/er': 'x' });
		symlinkSync('/etc', join(to, 'was-link'));
		await mirror(from, to, ALL, 'checksum', PLACE);
		expect(fingerprintOf(to)).toEqual(fingerprintOf(from));
	});

	test('never writes through a link', async () => {
		const dir = scratch();
		const outside = tree(join(dir, 'outside'), { kept: 'x' });
		const from = tree(join(dir, 'from'), { 'sub/a': 'x' });
		const to = tree(join(dir, 'to'), {});
		symlinkSync(outside, join(to, 'sub'));
		await mirror(from, to, ALL, 'checksum', PLACE);
		expect(readdirSync(outside)).toEqual(['kept']);
		expect(lstatSync(join(to, 'sub')).isDirectory()).toBe(true);
	});

	test('neither copies nor removes ignored files; the first match wins', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), {
			code: 'new',
			'db/kept': 'new',
			'tor/torrc': 'new',
			'tor/data': 'new',
			'.env': 'new',
			'sub/.hidden': 'new',
		});
		const to = tree(join(dir, 'to'), {
			code: 'old',
			gone: 'old',
			'db/mine': 'old',
			'tor/torrc': 'old',
			'tor/mine': 'old',
			'.env': 'old',
			'.mine': 'old',
		});
		await mirror(
			from,
			to,
			filters(dir, '/.*\n\ndb/*\ntor/*\n# a comment', 'tor/torrc\n.env'),
			'checksum',
			PLACE,
		);
		const now = Object.fromEntries(
			['code', 'tor/torrc', '.env', 'db/mine', 'tor/mine', '.mine', 'sub/.hidden'].map((path) => [
				path,
				readFileSync(join(to, path), 'utf8'),
			]),
		);
		expect(now).toEqual({
			code: 'new',
			'tor/torrc': 'new',
			'.env': 'new',
			'db/mine': 'old',
			'tor/mine': 'old',
			'.mine': 'old',
			'sub/.hidden': 'new',
		});
		expect(readdirSync(to)).not.toContain('gone');
		expect(readdirSync(join(to, 'db'))).toEqual(['mine']);
	});

	test('leaves spared names alone even if the release includes them', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), {
			code: 'new',
			'.citadel-v2/x': 'new',
			'events/signals/update': 'new',
		});
		const to = tree(join(dir, 'to'), { '.citadel-v1/x': 'old', 'events/signals/reboot': 'old' });
		await mirror(
			from,
			to,
			filters(dir, '', '.citadel-*', ['.citadel-*', 'events/signals/*']),
			'checksum',
			PLACE,
		);
		expect(readdirSync(to).sort()).toEqual(['.citadel-v1', 'code', 'events']);
		expect(readdirSync(join(to, 'events/signals'))).toEqual(['reboot']);
	});

	test.each(['-rf', '--delete', 'a:b', 'host::module'])(
		'treats a directory called %s as a directory',
		async (name) => {
			const dir = scratch();
			const from = tree(join(dir, name), { a: 'a' });
			const to = join(dir, 'to');
			mkdirSync(to);
			await mirror(from, to, ALL, 'checksum', PLACE);
			expect(readdirSync(to)).toEqual(['a']);
		},
	);

	test('fails with the message of rsync if the origin is missing', async () => {
		const dir = scratch();
		await expect(mirror(join(dir, 'none'), dir, ALL, 'checksum', PLACE)).rejects.toMatchObject({
			record: { code: 'io-error', facts: { stderr: expect.stringContaining('none') } },
		});
	});

	test('reports that rsync is not installed', async () => {
		const dir = scratch();
		await expect(
			mirror(dir, dir, ALL, 'checksum', { ...PLACE, path: ['/nonexistent'] }),
		).rejects.toMatchObject({
			record: { code: 'tool-missing' },
		});
	});
});

describe('one file', () => {
	test.each(['plain', ' leading space', '-n', 'line\nend', '*', 'a:b'])(
		'is copied with owner, mode and time if it is called %j',
		async (name) => {
			const dir = scratch();
			const from = join(tree(join(dir, 'from'), { [name]: 'new' }), name);
			execFileSync('chmod', ['0640', '--', from]);
			utimesSync(from, 1_000_000, 1_000_000);
			const to = join(tree(join(dir, 'to'), { [name]: 'old' }), name);
			await copyFile(from, to, PLACE);
			expect(readFileSync(to, 'utf8')).toBe('new');
			expect(statSync(to).mode & 0o777).toBe(0o640);
			expect(statSync(to).mtimeMs).toBe(1_000_000_000);
		},
	);

	test('is copied as a link if it is a link', async () => {
		const dir = scratch();
		symlinkSync('/etc/passwd', join(dir, 'from'));
		await copyFile(join(dir, 'from'), join(dir, 'to'), PLACE);
		expect(lstatSync(join(dir, 'to')).isSymbolicLink()).toBe(true);
	});
});

const ODD = [
	' leading',
	'trailing ',
	'two  blanks',
	'ünïcode',
	'日本語',
	'\u2028separator',
	'-rf',
	'--delete',
	'"quoted"',
	"it's",
	'$(id)',
	'*deleting   x',
	'12 345',
	'[a]',
	'a\\b',
];
/** rsync prints these escaped. */
const ESCAPED = [
	['line\nend', 'line\\#012end'],
	['carriage\rreturn', 'carriage\\#015return'],
	['escape\u001b[2J', 'escape\\#033[2J'],
] as const;

describe('the list of deletions', () => {
	test('lists each path once, directories with a slash, and deletes nothing', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), { kept: 'x' });
		const to = tree(join(dir, 'to'), { kept: 'y', gone: 'x', 'sub/deep/er': 'x' });
		const before = fingerprintOf(to);
		expect([...(await listDeletions(from, to, ALL, PLACE))].sort()).toEqual([
			'gone',
			'sub/',
			'sub/deep/',
			'sub/deep/er',
		]);
		expect(fingerprintOf(to)).toEqual(before);
	});

	test.each(ODD)('lists %j unescaped', async (name) => {
		const dir = scratch();
		const to = tree(join(dir, 'to'), { [name]: 'x' });
		expect(await listDeletions(tree(join(dir, 'from'), {}), to, ALL, PLACE)).toEqual([name]);
	});

	test.each(ESCAPED)('lists %j in one line', async (name, printed) => {
		const dir = scratch();
		const to = tree(join(dir, 'to'), { [name]: 'x' });
		expect(await listDeletions(tree(join(dir, 'from'), {}), to, ALL, PLACE)).toEqual([printed]);
	});

	test('matches what a mirror then deletes', async () => {
		const dir = scratch();
		const from = tree(join(dir, 'from'), { a: 'x', 'db/.gitkeep': '' });
		const to = tree(join(dir, 'to'), { a: 'x', b: 'x', 'db/mine': 'x', 'cache/x': 'x', '.mine': 'x' });
		const rules = filters(dir, '/.*\ndb/*\n');
		const listed = await listDeletions(from, to, rules, PLACE);
		const before = (await listManaged(to, ALL, PLACE)).map(({ path }) => path);
		await mirror(from, to, rules, 'checksum', PLACE);
		const after = (await listManaged(to, ALL, PLACE)).map(({ path }) => path);
		expect([...listed].sort()).toEqual(before.filter((path) => !after.includes(path)).sort());
	});
});

describe('the list of managed paths', () => {
	test.each(ODD)('lists %j with its size', async (name) => {
		const dir = scratch();
		const root = tree(join(dir, 'root'), { [name]: '12345' });
		expect(await listManaged(root, ALL, PLACE)).toEqual([{ path: name, size: 5 }]);
	});

	test('omits ignored paths and writes nothing', async () => {
		const dir = scratch();
		const root = tree(join(dir, 'root'), { code: 'x', 'db/mine': 'x', '.env': 'x' });
		expect(await listManaged(root, filters(dir, '/.*\ndb/*\n'), PLACE)).toEqual([
			{ path: 'code', size: 1 },
			{ path: 'db/', size: 0 },
		]);
		expect(readdirSync(root).sort()).toEqual(['.env', 'code', 'db']);
	});

	test('is empty for an empty root', async () => {
		const dir = scratch();
		rmSync(join(dir, 'x'), { force: true });
		expect(await listManaged(tree(join(dir, 'root'), {}), ALL, PLACE)).toEqual([]);
	});
});

describe('an error of rsync', () => {
	/** An rsync that prints to stderr, waits, and exits with a code. */
	function saying(words: string, seconds: number, code: number, patience: number) {
		const bin = scratch();
		writeFileSync(join(bin, 'rsync'), `#!/bin/sh\necho '${words}' >&2\nsleep ${seconds}\nexit ${code}\n`, {
			mode: 0o755,
		});
		return { ...PLACE, path: [bin, ...PLACE.path], patience };
	}

	test('is reported, and rsync is killed, if it hangs afterwards', async () => {
		const place = saying('rsync: [receiver] mkstemp failed: Input/output error (5)', 300, 0, 500);
		await expect(mirror('/nowhere', '/nowhere', ALL, 'checksum', place)).rejects.toMatchObject({
			record: { code: 'io-error', message: expect.stringContaining('mkstemp failed') },
		});
	});

	test('is reported with its exit code if rsync ends by itself', async () => {
		const place = saying('file has vanished', 0.1, 24, PLACE.timeout);
		await expect(mirror('/nowhere', '/nowhere', ALL, 'checksum', place)).rejects.toMatchObject({
			record: { message: 'rsync ended with 24: file has vanished' },
		});
	});
});
