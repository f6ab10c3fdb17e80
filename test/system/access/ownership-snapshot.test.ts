/** Owners and modes of a tree, given back: also where somebody put a link into the way since. */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	giveBack,
	listOwners,
	makeExactly,
	setOwner,
} from '../../../src/system/access/ownership-snapshot.ts';
import { fingerprintOf } from '../../box/fingerprint.ts';
import { scratch } from '../../scratch.ts';

const isRoot = process.getuid?.() === 0;
const SELF = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function makeTree(dir: string): string {
	const root = join(dir, 'root');
	mkdirSync(join(root, 'sub/deep'), { recursive: true });
	for (const path of ['a', 'sub/b', 'sub/deep/ odd\nname "x"', '-rf']) writeFileSync(join(root, path), path);
	symlinkSync('/etc/passwd', join(root, 'link'));
	chmodSync(join(root, 'sub'), 0o2750);
	chmodSync(join(root, 'a'), 0o640);
	return root;
}

/** What hooks of the field do to a root: as root they change the owner, anybody can change modes. */
function disturb(root: string): void {
	if (isRoot) execFileSync('chown', ['-R', '1000:1000', root]);
	execFileSync('chmod', ['-R', 'a+rwX', root]);
}

describe('owners and modes', () => {
	test('are given back, names of every kind, and only what differs is touched', async () => {
		const dir = scratch();
		const root = makeTree(dir);
		const before = fingerprintOf(root);
		await listOwners(root, [], join(dir, 'was'));
		disturb(root);
		expect(fingerprintOf(root)).not.toEqual(before);
		await listOwners(root, [], join(dir, 'now'));
		expect(await giveBack(root, join(dir, 'was'), join(dir, 'now'))).toBeGreaterThan(3);
		expect(fingerprintOf(root)).toEqual(before);
		await listOwners(root, [], join(dir, 'now'));
		expect(await giveBack(root, join(dir, 'was'), join(dir, 'now'))).toBe(0);
	});

	test('of what is new, gone or of another kind are nobody’s business', async () => {
		const dir = scratch();
		const root = makeTree(dir);
		await listOwners(root, [], join(dir, 'was'));
		rmSync(join(root, 'a'));
		mkdirSync(join(root, 'a'));
		chmodSync(join(root, 'a'), 0o711);
		rmSync(join(root, 'sub/b'));
		writeFileSync(join(root, 'new'), '');
		chmodSync(join(root, 'new'), 0o600);
		await listOwners(root, [], join(dir, 'now'));
		await giveBack(root, join(dir, 'was'), join(dir, 'now'));
		expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o711);
		expect(statSync(join(root, 'new')).mode & 0o777).toBe(0o600);
	});

	test('of top-level names that are spared are not listed', async () => {
		const dir = scratch();
		const root = makeTree(dir);
		mkdirSync(join(root, '.citadel-v1/deep'), { recursive: true });
		mkdirSync(join(root, 'sub/.citadel-v1'));
		await listOwners(root, ['.citadel-*', '.signalbox'], join(dir, 'was'));
		const paths = readFileSync(join(dir, 'was'), 'utf8')
			.split('\0')
			.map((line) => line.split(' ').slice(4).join(' '));
		expect(paths.filter((path) => path.startsWith('.citadel'))).toEqual([]);
		expect(paths).toContain('sub/.citadel-v1');
	});

	test('a root that is a link to another place is no hindrance', async () => {
		const dir = scratch();
		const root = makeTree(dir);
		symlinkSync(root, join(dir, 'alias'));
		await listOwners(join(dir, 'alias'), [], join(dir, 'was'));
		chmodSync(join(root, 'a'), 0o777);
		await listOwners(join(dir, 'alias'), [], join(dir, 'now'));
		expect(await giveBack(join(dir, 'alias'), join(dir, 'was'), join(dir, 'now'))).toBe(1);
		expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o640);
	});
});

describe('a link that somebody put into the way after the list was made', () => {
	function prepare(): { readonly dir: string; readonly root: string; readonly outside: string } {
		const dir = scratch();
		const root = makeTree(dir);
		const outside = join(dir, 'outside');
		mkdirSync(outside);
		writeFileSync(join(outside, 'b'), 'secret');
		chmodSync(join(outside, 'b'), 0o600);
		return { dir, root, outside };
	}

	test.each<[string, (root: string, outside: string) => void]>([
		[
			'in place of a directory above',
			(root, outside) => {
				renameSync(join(root, 'sub'), join(root, 'was-sub'));
				symlinkSync(outside, join(root, 'sub'));
			},
		],
		[
			'in place of the file itself',
			(root, outside) => {
				rmSync(join(root, 'sub/b'));
				symlinkSync(join(outside, 'b'), join(root, 'sub/b'));
			},
		],
	])('%s is not followed', async (_, plant) => {
		const { dir, root, outside } = prepare();
		chmodSync(join(root, 'sub/b'), 0o666);
		await listOwners(root, [], join(dir, 'was'));
		chmodSync(join(root, 'sub/b'), 0o600);
		await listOwners(root, [], join(dir, 'now'));
		plant(root, outside);
		await giveBack(root, join(dir, 'was'), join(dir, 'now'));
		expect(statSync(join(outside, 'b')).mode & 0o777).toBe(0o600);
	});

	test('is not followed by what sets one owner or makes one directory', () => {
		const { root, outside } = prepare();
		renameSync(join(root, 'sub'), join(root, 'was-sub'));
		symlinkSync(outside, join(root, 'sub'));
		expect(setOwner(join(root, 'sub/b'), { ...SELF, mode: 0o666 })).toBe('elsewhere');
		makeExactly(join(root, 'sub/made'));
		expect(statSync(join(outside, 'b')).mode & 0o777).toBe(0o600);
		expect(existsSync(join(outside, 'made'))).toBe(false);
	});
});

describe('one path', () => {
	test('gets its owner and mode; nothing there is no error', () => {
		const dir = scratch();
		writeFileSync(join(dir, 'a'), '');
		expect(setOwner(join(dir, 'a'), { ...SELF, mode: 0o604 })).toBe('set');
		expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o604);
		expect(setOwner(join(dir, 'none'), { ...SELF, mode: 0o600 })).toBe('elsewhere');
		expect(setOwner(join(dir, 'a/b'), { ...SELF, mode: 0o600 })).toBe('elsewhere');
	});

	test('a FIFO is not waited for', () => {
		const dir = scratch();
		execFileSync('mkfifo', [join(dir, 'fifo')]);
		expect(setOwner(join(dir, 'fifo'), { ...SELF, mode: 0o604 })).toBe('set');
		chownSync(join(dir, 'fifo'), SELF.uid, SELF.gid);
	});

	test('a directory is made where there is none, and nothing is made below nothing', () => {
		const dir = scratch();
		makeExactly(join(dir, 'made'));
		expect(statSync(join(dir, 'made')).isDirectory()).toBe(true);
		makeExactly(join(dir, 'none/made'));
		expect(existsSync(join(dir, 'none'))).toBe(false);
	});
});
